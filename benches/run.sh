#!/bin/sh
# Compares libmio with hand-written epoll and prints a table. Linux.
#
#   sh benches/run.sh [ROUNDS]
#
# Times are nanoseconds per operation: medians of interleaved rounds, and the
# median of the rounds' ratios. For "echo" they are the server's CPU time. With
# valgrind there are instructions in user space, with strace system calls; both
# are exact, except that batches vary in "echo" with 64 connections.
# shellcheck source=benches/measure
. "$(dirname "$0")/measure"
rounds=${1:-5}
build_contenders

have() {
    command -v "$1" >/dev/null
}

median() {
    sort -n | awk '{ a[NR] = $1 } END { print (NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2) }'
}

clock_times() { # WORKLOAD COUNT WIDTH ACTIVE
    : >"$work/times"
    round=0
    while [ "$round" -lt "$rounds" ]; do
        if [ $((round % 2)) -eq 0 ]; then
            raw=$("$bin/bench_raw" "$1" "$2" "$3" "$4")
            mio=$("$bin/bench_mio" "$1" "$2" "$3" "$4")
        else
            mio=$("$bin/bench_mio" "$1" "$2" "$3" "$4")
            raw=$("$bin/bench_raw" "$1" "$2" "$3" "$4")
        fi
        echo "$raw $mio" >>"$work/times"
        round=$((round + 1))
    done
    printf '%s %s %.3f\n' \
        "$(awk '{ print $1 }' "$work/times" | median)" \
        "$(awk '{ print $2 }' "$work/times" | median)" \
        "$(awk '{ print $2 / $1 }' "$work/times" | median)"
}

have valgrind || echo "no valgrind: instructions are not counted"
have strace || echo "no strace: system calls are not counted"
printf '%-28s %9s %9s %6s %8s %8s %7s %7s\n' "" "ns" "ns" "" \
    "instr" "instr" "calls" "calls"
printf '%-28s %9s %9s %6s %8s %8s %7s %7s\n' "per operation" "raw" "mio" \
    "ratio" "raw" "mio" "raw" "mio"
workloads | while read -r name count short width active; do
    set -- - - - -
    if have valgrind; then
        set -- "$(instructions raw "$name" "$short" "$width" "$active")" \
            "$(instructions mio "$name" "$short" "$width" "$active")" - -
    fi
    if have strace; then
        set -- "$1" "$2" \
            "$(calls raw "$name" "$short" "$width" "$active")" \
            "$(calls mio "$name" "$short" "$width" "$active")"
    fi
    # shellcheck disable=SC2046 # three words
    printf '%-28s %9s %9s %6s %8s %8s %7s %7s\n' \
        "$name $width/$active" \
        $(clock_times "$name" "$count" "$width" "$active") "$@"
done
printf '%-28s %9.0f %9.0f   (overshoot included)\n' "a wait of 100000 ns" \
    "$("$bin/bench_raw" wait-100us 500)" "$("$bin/bench_mio" wait-100us 500)"
