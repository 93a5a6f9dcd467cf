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

if [ -n "${MIO_EMULATOR:-}" ]; then
    echo "part skipped: no telling when a program in an emulator has a handler"
    exit 0
fi
"$bin/work_queue" 2 1000000000 >"$work/stop.log" 2>&1 &
server=$!
# The process is first a copy of this shell, with the shell's handlers. Without
# /proc the signal may come before the handler and end the program.
[ -r "/proc/$server/comm" ] || {
    echo "part skipped: no /proc, so no telling when the handler is there"
    exit 0
}
catches_signals() {
    grep -q '^work_queue$' "/proc/$server/comm" &&
        grep -q '^SigCgt:.*[4-7c-f]...$' "/proc/$server/status"
}
eventually catches_signals || fail "no handler for SIGTERM"
kill -TERM "$server"
eventually dead "$server" || fail "does not stop"
wait "$server" || fail "status $? after SIGTERM"
server=
grep -q 'as far as searched' "$work/stop.log" || fail "no answer after SIGTERM"
exit 0
