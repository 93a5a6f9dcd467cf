#!/bin/sh
# supervise: programs are started again, less and less often, and all end with
# their supervisor.
# shellcheck source=tests/examples/support
. "$(dirname "$0")/support"

lines() { # COUNT PATTERN
    [ "$(grep -c "$2" "$work/supervise.log")" -eq "$1" ]
}

# A program that ends at once, three times in all.
# shellcheck disable=SC2016 # $0 is for that shell
limited "$bin/supervise" -r 2 sh -c 'echo here >>"$0"; exit 7' \
    "$work/started" >"$work/supervise.log" 2>&1 || fail "status $?"
[ "$(wc -l <"$work/started")" -eq 3 ] || fail "not started three times"
lines 3 '^copy 0 ended: code 7$' || fail "the exit code is not told"
lines 1 ' starts again in 100 ms$' || fail "not at first after 100 ms"
lines 1 ' starts again in 200 ms$' || fail "not then after 200 ms"
tail -n 1 "$work/supervise.log" | grep -q '^no copy runs any more$' ||
    fail "no orderly end"

# One that cannot be started at all.
limited "$bin/supervise" -r 1 "$work/nothing" >"$work/supervise.log" 2>&1 ||
    fail "status $? without a program"
grep -q '^copy 0 ' "$work/supervise.log" || fail "no word of the failure"

# Copies that run: one is killed and comes back, all end by SIGTERM.
"$bin/supervise" -n 3 sleep 60 >"$work/supervise.log" 2>&1 &
server=$!
eventually lines 3 ' is process ' || fail "the copies do not start"
victim=$(sed -n 's/^copy 1 is process //p' "$work/supervise.log")
kill -KILL "$victim" || fail "no such process: $victim"
eventually lines 1 '^copy 1 ended: signal 9$' || fail "its end is not seen"
eventually lines 4 ' is process ' || fail "it is not started again"
kill -TERM "$server"
eventually dead "$server" || fail "does not stop"
wait "$server" || fail "status $? after SIGTERM"
server=
lines 3 ' ended: signal 15$' || fail "the copies are not ended"
sed -n 's/.* is process //p' "$work/supervise.log" | while read -r pid; do
    ! kill -0 "$pid" 2>/dev/null || fail "process $pid is still there"
done || exit 1
exit 0
