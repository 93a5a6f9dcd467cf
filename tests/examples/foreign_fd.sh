#!/bin/sh
# foreign_fd: both outputs, a lot of output, the status, a stop.
# shellcheck source=tests/examples/support
. "$(dirname "$0")/support"

limited "$bin/foreign_fd" sh -c 'echo one; echo two >&2; printf three; exit 7' \
    >"$work/short.log" 2>&1
status=$?
[ "$status" -eq 7 ] || fail "status $status"
[ "$(grep -c '^out: one$' "$work/short.log")" -eq 1 ] || fail "out"
[ "$(grep -c '^err: two$' "$work/short.log")" -eq 1 ] || fail "err"
grep -q '^out: three' "$work/short.log" || fail "a line without an end"

limited "$bin/foreign_fd" sh -c '
    i=0
    while [ $i -lt 20000 ]; do
        echo "line $i of many, many lines"
        i=$((i + 1))
    done' >"$work/long.log" 2>&1 || fail "status $?"
[ "$(grep -c '^out: line [0-9]* of many, many lines$' "$work/long.log")" \
    -eq 20000 ] || fail "lost lines"

limited "$bin/foreign_fd" "$work/none" >"$work/none.log" 2>&1
status=$?
[ "$status" -eq 127 ] || fail "status $status for no such command"

"$bin/foreign_fd" sh -c 'echo ready; exec sleep 60' >"$work/stop.log" 2>&1 &
server=$!
eventually grep -q '^out: ready$' "$work/stop.log" || fail "no output"
kill -TERM "$server"
eventually dead "$server" || fail "does not stop"
wait "$server"
status=$?
server=
[ "$status" -eq 1 ] || fail "status $status after SIGTERM"
exit 0
