#!/bin/sh
# Compares libmio with hand-written epoll, libev, libevent, libuv, mio, and its
# poll backend with hand-written poll(2). Linux.
#
#   sh benches/run.sh [ROUNDS]
#
# Prints tables (as Markdown), and writes below build/bench (or BUILD_DIR) what
# they are made of, results.csv, and a picture, plot.svg. ROUNDS is how often
# each time is taken (5); with 0 there are only figures that are exact:
# instructions in user space (with valgrind), system calls (with strace), calls
# of the heap. CONTENDERS and WORKLOADS restrict it to names that match (globs).
#
# Contenders that are not installed are left out, with a message. Everything
# together, on Debian: cmake gcc valgrind strace gnuplot-nox libev-dev
# libevent-dev libuv1-dev librust-mio-dev cargo.
# shellcheck source=benches/measure
. "$(dirname "$0")/measure"
rounds=${1:-5}

# In each group the first one is what the others are compared with.
loops="raw libmio libmio-shared mio libev libevent libuv"
modes="raw raw-level raw-oneshot libmio libmio-level libmio-oneshot"
polls="poll poll-libmio poll-libmio-edge"

# Group, workload, operations for the clock (0: none), operations for the tools
# (0: none), width, active.
workloads() {
    cat <<'END'
loops pingpong-eventfd 100000 2000 100 1
loops pingpong-eventfd 100000 0 100 50
loops pingpong-eventfd 100000 0 1000 1
loops pingpong-eventfd 100000 2000 1000 100
loops pingpong-eventfd 100000 0 10000 1
loops pingpong-eventfd 100000 0 10000 100
loops pingpong-unix 40000 2000 100 1
loops pingpong-unix 40000 0 100 50
loops pingpong-unix 40000 0 1000 1
loops pingpong-unix 40000 2000 1000 100
loops pingpong-unix 40000 0 10000 1
loops pingpong-unix 40000 0 10000 100
loops pingpong-tcp 20000 0 100 1
loops pingpong-tcp 20000 0 100 50
loops pingpong-tcp 20000 0 1000 1
loops pingpong-tcp 20000 2000 1000 100
loops pingpong-tcp 20000 0 10000 1
loops pingpong-tcp 20000 0 10000 100
loops echo 5000 0 1 1
loops echo 40000 0 64 1
loops echo 40000 0 1000 1
loops echo-steps 0 1000 1 1
loops echo-steps 0 6400 64 1
loops churn-tight 60000 6000 1 1
loops churn-tight 60000 6000 100 1
loops churn-batch 60000 6000 1 1
loops churn-batch 60000 6000 1000 1
loops churn-toggle 60000 6000 1 1
loops churn-toggle 60000 6000 100 1
loops pingpong-waker 40000 2000 1000 1
loops pingpong-waker 40000 2000 1000 100
loops wake-flood 200000 2000 1 1
loops wake-self 100000 2000 1 1
loops wake-latency 1000 0 1 1
loops wait-nothing 200000 2000 1 1
loops wait-timeout 200 0 100 1
loops wait-timeout 100 0 1000 1
modes pingpong-eventfd 100000 2000 1000 1
modes pingpong-eventfd 100000 2000 1000 100
modes pingpong-unix 40000 2000 1000 1
modes pingpong-unix 40000 2000 1000 100
modes pingpong-tcp 20000 2000 1000 100
modes echo 40000 0 64 1
modes echo-steps 0 6400 64 1
polls pingpong-unix 10000 2000 100 1
polls pingpong-unix 10000 2000 1000 1
polls pingpong-unix 40000 2000 1000 100
polls pingpong-tcp 20000 2000 1000 100
polls echo 40000 0 64 1
polls echo-steps 0 6400 64 1
END
}

matches() { # NAME GLOBS
    set -f # globs, not the files that match
    for glob in $2; do
        # shellcheck disable=SC2254
        case $1 in $glob) set +f && return 0 ;; esac
    done
    set +f
    return 1
}

members() { # GROUP
    case $1 in
    loops) echo "$loops" ;;
    modes) echo "$modes" ;;
    polls) echo "$polls" ;;
    memory) echo "$loops poll poll-libmio" ;;
    esac
}

# Those of a group that are there, beginning with another one in each round.
contenders() { # GROUP ROUND
    for name in $(members "$1"); do
        [ ! -x "$bin/bench_$name" ] ||
            ! matches "$name" "${CONTENDERS:-*}" || echo "$name"
    done | awk -v first="$2" '{ name[NR - 1] = $0 }
        END { for (i = 0; i < NR; i++) print name[(i + first) % NR] }'
}

# note ROUND GROUP CONTENDER WORKLOAD WIDTH ACTIVE <METRICS: into the results.
note() {
    while read -r metric value; do
        echo "$1,$2,$3,$4,$5,$6,$metric,$value"
    done >>"$results"
}

failed() { # CONTENDER WORKLOAD WIDTH ACTIVE
    echo "failed: $1: $2 $3/$4" >&2
}

# A round: each workload by all contenders.
take_times() { # ROUND
    while read -r group workload count tools width active; do
        matches "$workload" "${WORKLOADS:-*}" && [ "$count" -gt 0 ] || continue
        for contender in $(contenders "$group" "$1"); do
            timeout 120 "$bin/bench_$contender" "$workload" "$count" "$width" \
                "$active" >"$work/metrics" ||
                failed "$contender" "$workload" "$width" "$active"
            note "$1" "$group" "$contender" "$workload" "$width" "$active" \
                <"$work/metrics"
        done
    done <"$work/workloads"
}

# What does not depend on the clock.
take_figures() {
    while read -r group workload count tools width active; do
        matches "$workload" "${WORKLOADS:-*}" && [ "$tools" -gt 0 ] || continue
        for contender in $(contenders "$group" 0); do
            set -- "$contender" "$workload" "$tools" "$width" "$active"
            {
                ! have valgrind || echo "instructions $(instructions "$@")"
                ! have strace || echo "calls $(calls "$@")"
            } | note 0 "$group" "$contender" "$workload" "$width" "$active"
        done
    done <"$work/workloads"
    ! matches memory "${WORKLOADS:-*}" ||
        for contender in $(contenders memory 0); do
            heap "$contender" 10000 10000 100 |
                note 0 memory "$contender" memory 10000 100
        done
}

# table TITLE GROUP METRICS FORMAT [ratio]: of medians.
table() {
    awk -F , -v title="$1" -v group="$2" -v order="$(members "$2")" \
        -v metrics="$3" -v format="$4" -v ratio="${5:-}" \
        -f "$root/benches/report.awk" "$results"
}

machine() {
    echo "$(uname -sr), $(nproc) processors:" \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)." \
        "$("${CC:-cc}" --version | head -n 1). $rounds rounds."
}

tables() {
    machine
    if [ "$rounds" -gt 0 ]; then
        for group in loops modes polls; do
            table "Time of an operation: the first in nanoseconds, the others \
as ratios to it" "$group" ns %.0f ratio
        done
        for group in loops modes polls; do
            table "TCP echo" "$group" "req_per_s p50_us p99_us cpu_ns" %.0f
        done
        table "From a wake to the event, nanoseconds" loops "p50_ns p99_ns" %.0f
        table "How much too long a wait takes, microseconds" loops \
            "late_p50_us late_p99_us" %.0f
    fi
    for group in loops modes polls; do
        table "Instructions of an operation, in user space" "$group" \
            instructions %.1f
        table "System calls of an operation" "$group" calls %.2f
    done
    table "Memory, and calls of the heap; 10,000 sources" memory \
        "heap_calls_open heap_calls_register heap_calls_first \
heap_calls_steady heap_bytes_per_source own_bytes_per_source resident_kb" %.0f
}

plot() {
    [ -z "${WORKLOADS:-}" ] || return 0 # there would be gaps
    if ! have gnuplot; then
        echo "no gnuplot (gnuplot-nox): nothing is drawn"
        return
    fi
    drawn="raw libmio mio libev libevent libuv"
    awk -F , -v group=loops -v order="$drawn" -v metrics=instructions \
        -v plain="pingpong-unix 1000/100=ping-pong,\\\\n100 active;\
pingpong-unix 100/1=ping-pong,\\\\n1 active;\
echo-steps 64=TCP echo,\\\\n64 connections;\
wait-nothing 1=a wait\\\\nfor nothing;churn-batch 1000=registering;\
churn-toggle 100=changing\\\\nthe interest" \
        -f "$root/benches/report.awk" "$results" >"$build/instructions.dat"
    awk -F , -v group=loops -v order="$drawn" -v metrics=ns -v ratio=1 \
        -v plain="pingpong-eventfd 1000/100=eventfd,\\\\n100 active;\
pingpong-eventfd 1000/1=eventfd,\\\\n1 active;\
pingpong-unix 1000/100=Unix,\\\\n100 active;\
pingpong-unix 1000/1=Unix,\\\\n1 active;\
pingpong-tcp 1000/100=TCP,\\\\n100 active;\
pingpong-tcp 1000/1=TCP,\\\\n1 active" \
        -f "$root/benches/report.awk" "$results" >"$build/times.dat"
    gnuplot -e "directory='$build'; times=$((rounds > 0))" \
        "$root/benches/plot.gp" && echo "drawn: $build/plot.svg"
}

for tool in valgrind strace; do
    have $tool || echo "no $tool: there will be figures missing"
done
build_contenders "benches all"
results=$build/results.csv
workloads >"$work/workloads"
echo "round,group,contender,workload,width,active,metric,value" >"$results"
take_figures
round=1
while [ "$round" -le "$rounds" ]; do
    take_times "$round"
    round=$((round + 1))
done
tables | tee "$build/tables.md"
# What has workloads of its own.
if [ "$rounds" -gt 0 ] && matches channel "${WORKLOADS:-*}"; then
    "$bin/bench_channel"
fi
plot
