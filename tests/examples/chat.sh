#!/bin/sh
# chat: a room, guests, and guests that do not read.
# shellcheck source=tests/examples/support
. "$(dirname "$0")/support"
need_peer

path=$work/room
start "$bin/chat" -s "$path"

# A guest that stays, with a terminal that stays open.
mkfifo "$work/terminal" || fail "mkfifo"
"$bin/chat" "$path" <"$work/terminal" >"$work/guest.log" 2>&1 &
guest=$!
exec 3>"$work/terminal"
# One that says what is in a file or a pipe, and leaves.
say() {
    # shellcheck disable=SC2016
    limited sh -c 'exec "$0" "$1" <"$2"' "$bin/chat" "$path" "$1" \
        >>"$work/said.log" 2>&1 || fail "a guest with $1: status $?"
}
heard() {
    # Said again each time: the first guest may not have been there yet.
    printf 'good\nmorning\n' >"$work/pipe" &
    say "$work/pipe"
    grep -q '^guest [0-9]*: good$' "$work/guest.log" &&
        grep -q '^guest [0-9]*: morning$' "$work/guest.log"
}
mkfifo "$work/pipe" || fail "mkfifo"
eventually heard || fail "the guest has heard nothing"
echo "from a file" >"$work/file"
file_heard() {
    say "$work/file"
    grep -q '^guest [0-9]*: from a file$' "$work/guest.log"
}
eventually file_heard || fail "a file could not be sent"
printf 'too long: %0600d\n' 0 | "$work/peer" talk "$path" >"$work/long.log" ||
    fail "the room kept a line without end"

exec 3>&- # the terminal is closed: the guest leaves
eventually dead "$guest" || fail "the guest does not leave"
wait "$guest" || fail "the guest's status is $?"

peer slow-guest "$path"
peer reset "$path" 50
say "$work/file" # once it has left, all before it have been let in
expect_no_connections
stop '^stopped: open 0$'
[ ! -e "$path" ] || fail "the path is left"

# A room that was killed leaves its path; the next one takes it over.
start "$bin/chat" -s "$path"
kill -9 "$server"
wait "$server" 2>/dev/null
[ -S "$path" ] || fail "no path left"
start "$bin/chat" -s "$path"
"$bin/chat" -s "$path" 2>"$work/second.log" && fail "two rooms on one path"
say "$work/file" # the other room has knocked, and must have been let in
expect_no_connections
stop '^stopped: open 0$'
exit 0
