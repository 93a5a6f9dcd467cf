#!/bin/sh
# waker: the right count with any number of threads; a stop in the middle.
# shellcheck source=tests/examples/support
. "$(dirname "$0")/support"

for threads in 1 3 16; do
    limited "$bin/waker" "$threads" 200000 >"$work/waker.log" 2>&1 ||
        fail "status $?"
    grep -q '^17984 primes below 200000; 20 results in ' "$work/waker.log" ||
        fail "wrong with $threads threads"
done

stop_in_the_middle 2 1000000000
grep -q 'as far as counted' "$work/stop.log" || fail "no count after SIGTERM"
exit 0
