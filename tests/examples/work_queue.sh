#!/bin/sh
# work_queue: the right answer from all results with any number of threads; a
# graceful stop in the middle.
# shellcheck source=tests/examples/support
. "$(dirname "$0")/support"

for threads in 1 3 16; do
    limited "$bin/work_queue" "$threads" 200000 >"$work/work_queue.log" 2>&1 ||
        fail "status $?"
    grep -q '^156159 takes 382 steps, the most below 200000; 40 results$' \
        "$work/work_queue.log" || fail "wrong with $threads threads"
done

stop_in_the_middle 2 1000000000
grep -q 'as far as searched' "$work/stop.log" || fail "no answer after SIGTERM"
exit 0
