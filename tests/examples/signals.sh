#!/bin/sh
# signals: reloads, reports and stops as signals say.
# shellcheck source=tests/examples/support
. "$(dirname "$0")/support"
need_peer

said() {
    grep -q "$1" "$work/server.log"
}

expect_greeting() {
    "$work/peer" talk "$port" </dev/null >"$work/peer.log" ||
        fail "no greeting"
    grep -qx "$1" "$work/peer.log" || fail "not the $1"
}

has_a_connection() {
    kill -USR1 "$server" && said '^1 connections$'
}

# Begins a connection that stays until go_on, which makes it say something.
mkfifo "$work/fifo" || fail "mkfifo"
begin_connection() {
    exec 3<>"$work/fifo"
    "$work/peer" talk "$port" <"$work/fifo" >"$work/held.log" 3>&- &
    held=$!
    : >"$work/server.log"
    eventually has_a_connection || fail "no connection"
}
go_on() {
    echo 'still here' >&3
    exec 3>&-
    wait "$held" || fail "the open connection has failed"
}

begins_to_stop() {
    kill -TERM "$server"
    eventually said '^signal 15' || fail "no signal 15"
    dead "$server" && fail "ended while a connection was open"
}

has_ended() {
    eventually dead "$server" || fail "does not stop"
    wait "$server" || fail "status $?"
    server=
    said "^stopped: open $1\$" || fail "there were not $1 connections"
}

# SIGHUP: the file is read again.
echo 'first greeting' >"$work/greeting"
start "$bin/signals" 0 "$work/greeting"
expect_greeting 'first greeting'
echo 'second greeting' >"$work/greeting"
kill -HUP "$server"
eventually said '^reloaded$' || fail "not reloaded"
if [ -n "${MIO_NO_SENDERS:-}" ]; then
    said '^signal 1$' || fail "a sender is told"
elif [ -z "${MIO_EMULATOR:-}" ]; then
    said "^signal 1 of process $$\$" || fail "the sender is not told"
fi
expect_greeting 'second greeting'

# The first SIGTERM: nobody else is let in, those who are inside may go on.
begin_connection
begins_to_stop
"$work/peer" talk "$port" </dev/null >"$work/peer.log" 2>&1 &&
    fail "lets others in"
go_on
grep -qx 'still here' "$work/held.log" || fail "no echo after SIGTERM"
has_ended 0

# The second ends at once.
start "$bin/signals"
begin_connection
begins_to_stop
kill -INT "$server"
has_ended 1
go_on
grep -qx 'still here' "$work/held.log" && fail "echoed after the end"

"$bin/signals" nonsense 2>"$work/usage.log" && fail "took a bad port"
exit 0
