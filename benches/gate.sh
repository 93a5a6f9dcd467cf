#!/bin/sh
# Fails when libmio does more than it may beside hand-written epoll. Exact
# figures only, no times, so it may run on a busy machine. Linux; needs valgrind
# and strace.
#
#   sh benches/gate.sh
# shellcheck source=benches/measure
. "$(dirname "$0")/measure"
for tool in valgrind strace; do
    if ! have "$tool"; then
        echo "SKIPPED: gate: no $tool"
        exit 77
    fi
done
build_contenders "bench_raw bench_libmio bench_libmio-shared bench_poll \
bench_poll-libmio heap_count"
failures=0

# verdict WHAT FLOOR LIBMIO LIMIT: LIBMIO must not be above LIMIT.
verdict() {
    if awk -v libmio="$3" -v limit="$4" \
        'BEGIN { exit !(libmio <= limit + 0.005) }'; then
        word=ok
    else
        word=FAILED
        failures=$((failures + 1))
    fi
    printf '%-44s floor %8s  libmio %8s  limit %8s  %s\n' "$1" "$2" "$3" "$4" \
        "$word"
}

plus() {
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a + b }'
}

# How many instructions the library may add to an operation, statically linked
# and shared: little more than it adds now. In ping-pong and echo these are tests
# around a wait, whose cost the events of one wait share, and in each read and
# write. In the others they are what the library does beyond the system call.
while read -r more more_shared workload; do
    # shellcheck disable=SC2086 # words
    set -- $workload
    name="$1 $3/$4"
    raw=$(instructions raw "$@")
    verdict "$name: instructions" "$raw" "$(instructions libmio "$@")" \
        "$(plus "$raw" "$more")"
    [ "$more_shared" = - ] ||
        verdict "$name: instructions, shared" "$raw" \
            "$(instructions libmio-shared "$@")" "$(plus "$raw" "$more_shared")"
done <<'END'
5 5 pingpong-eventfd 2000 1000 1
2 2 pingpong-eventfd 2000 1000 100
7.4 - pingpong-unix 2000 1000 1
6 6 pingpong-unix 2000 1000 100
7 - pingpong-tcp 2000 200 100
8 - echo-steps 1000 1 1
6 6 echo-steps 6400 64 1
202 - pingpong-waker 2000 1000 1
9 - wait-nothing 2000 1 1
66 67 churn-tight 6000 100 1
68 - churn-batch 6000 100 1
84 - churn-toggle 6000 100 1
20 21 wake-flood 2000 1 1
384 - wake-self 2000 1 1
END

# As many system calls as by hand.
while read -r floor libmio workload; do
    # shellcheck disable=SC2086 # words
    set -- $workload
    count=$(calls "$floor" "$@")
    verdict "$1 $3/$4: system calls ($libmio)" "$count" \
        "$(calls "$libmio" "$@")" "$count"
done <<'END'
raw libmio pingpong-eventfd 2000 1000 1
raw libmio pingpong-eventfd 2000 1000 100
raw libmio pingpong-unix 2000 1000 1
raw libmio pingpong-unix 2000 1000 100
raw libmio pingpong-tcp 2000 200 100
raw libmio echo-steps 1000 1 1
raw libmio echo-steps 6400 64 1
raw libmio pingpong-waker 2000 1000 1
raw libmio wait-nothing 2000 1 1
raw libmio churn-tight 6000 100 1
raw libmio churn-batch 6000 100 1
raw libmio churn-toggle 6000 100 1
poll poll-libmio pingpong-unix 2000 1000 1
poll poll-libmio pingpong-unix 2000 1000 100
poll poll-libmio echo-steps 6400 64 1
END

# A wake while the poll is awake: no system call; with a wait: the wait's.
verdict "wake-flood: system calls" "$(calls raw wake-flood 2000 1 1)" \
    "$(calls libmio wake-flood 2000 1 1)" 0
verdict "wake-self: system calls" "$(calls raw wake-self 2000 1 1)" \
    "$(calls libmio wake-self 2000 1 1)" 1

# No call of the heap, ever.
for contender in libmio libmio-shared poll-libmio; do
    heap "$contender" 10000 2000 100 >"$work/heap"
    verdict "$contender: calls of the heap" 0 \
        "$(awk '/^heap_calls/ { n += $2; k++ } END { print k == 4 ? n : "?" }' \
            "$work/heap")" 0
done

echo "$failures failed"
[ "$failures" -eq 0 ]
