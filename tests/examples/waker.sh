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

if [ -n "${MIO_EMULATOR:-}" ]; then
    echo "part skipped: no telling when a program in an emulator has a handler"
    exit 0
fi
"$bin/waker" 2 1000000000 >"$work/stop.log" 2>&1 &
server=$!
# The process is first a copy of this shell, with the shell's handlers. Without
# /proc the signal may come before the handler and end the program.
[ -r "/proc/$server/comm" ] || {
    echo "part skipped: no /proc, so no telling when the handler is there"
    exit 0
}
catches_signals() {
    grep -q '^waker$' "/proc/$server/comm" &&
        grep -q '^SigCgt:.*[4-7c-f]...$' "/proc/$server/status"
}
eventually catches_signals || fail "no handler for SIGTERM"
kill -TERM "$server"
eventually dead "$server" || fail "does not stop"
wait "$server" || fail "status $? after SIGTERM"
server=
grep -q 'as far as counted' "$work/stop.log" || fail "no count after SIGTERM"
exit 0
