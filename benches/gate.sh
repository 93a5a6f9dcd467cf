#!/bin/sh
# Fails when libmio does more than hand-written epoll. Exact figures only, no
# times, so it may run on a busy machine. Linux; needs valgrind and strace.
#
#   sh benches/gate.sh
# shellcheck source=benches/measure
. "$(dirname "$0")/measure"
for tool in valgrind strace; do
    if ! command -v "$tool" >/dev/null; then
        echo "SKIPPED: gate: no $tool"
        exit 77
    fi
done
build_contenders -DMIO_BACKEND=epoll
failures=0

# verdict WHAT RAW MIO LIMIT: MIO must not be above LIMIT.
verdict() {
    if awk -v mio="$3" -v limit="$4" 'BEGIN { exit !(mio <= limit + 0.005) }'
    then
        word=ok
    else
        word=FAILED
        failures=$((failures + 1))
    fi
    printf '%-44s raw %8s  mio %8s  limit %8s  %s\n' "$1" "$2" "$3" "$4" \
        "$word"
}

# The limit is a tenth above hand-written epoll. Two workloads do so little
# themselves (67 and 48 instructions) that what is left of the library, two
# tests around the wait and one in each read and write, is a little more.
for work_item in "1.12 pingpong-eventfd 20000 100 1" \
    "1.10 pingpong-eventfd 20000 100 100" "1.10 pingpong-unix 20000 100 1" \
    "1.13 pingpong-unix 20000 100 100" "1.10 echo 5000 1 1" \
    "1.10 echo 19200 64 1"; do
    # shellcheck disable=SC2086 # words
    set -- $work_item
    factor=$1
    shift
    raw=$(instructions raw "$@")
    mio=$(instructions mio "$@")
    verdict "$1 $3/$4: instructions" "$raw" "$mio" \
        "$(awk -v raw="$raw" -v f="$factor" 'BEGIN { printf "%.1f", raw * f }')"
    if [ "$1 $3" != "echo 64" ]; then # whose batches vary
        raw=$(calls raw "$@")
        verdict "$1 $3/$4: system calls" "$raw" "$(calls mio "$@")" "$raw"
    fi
done

# Registering, reregistering and deregistering: one epoll_ctl each.
verdict "churn: epoll_ctl" "$(calls raw churn 20000 1 1 epoll_ctl)" \
    "$(calls mio churn 20000 1 1 epoll_ctl)" 3
verdict "churn: system calls" "$(calls raw churn 20000 1 1)" \
    "$(calls mio churn 20000 1 1)" 3

# A wake while the poll is awake: no system call; with a wait: the wait's.
verdict "wake-flood: system calls" "$(calls raw wake-flood 20000 1 1)" \
    "$(calls mio wake-flood 20000 1 1)" 0
verdict "wake-self: system calls" "$(calls raw wake-self 20000 1 1)" \
    "$(calls mio wake-self 20000 1 1)" 1

echo "$failures failed"
[ "$failures" -eq 0 ]
