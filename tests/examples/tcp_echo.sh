#!/bin/sh
# tcp_echo: peers that behave and peers that do not.
# shellcheck source=tests/examples/support
. "$(dirname "$0")/support"
need_peer

start "$bin/tcp_echo" 0 1
peer half-close "$port"
# Who is silent or does not read is closed after a second.
peers "reset $port 300" "never-read $port 3" "silent $port 20"
peer half-close "$port"
expect_no_connections
stop '^stopped: .*, open 0, '

# Out of descriptors: the others wait, and are served as soon as there is room.
start sh -c 'ulimit -n 16 && exec "$0" 0 60' "$bin/tcp_echo"
peer crowd "$port" 60
peer all-at-once "$port" "$server"
expect_no_connections
stop '^stopped: .*, accepted 61, open 0, '

# A bad argument is refused.
"$bin/tcp_echo" nonsense 2>"$work/usage.log" && fail "took a bad port"
exit 0
