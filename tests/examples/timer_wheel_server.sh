#!/bin/sh
# timer_wheel_server: who is silent is closed, and not too early; who talks is
# not; 10,000 connections at once; fewer descriptors than that.
# shellcheck source=tests/examples/support
. "$(dirname "$0")/support"
need_peer

start "$bin/timer_wheel_server" 0 1000
peer half-close "$port"
peers "busy $port 1000" "never-read $port 3" "silent $port 20"
expect_no_connections
stop '^stopped: accepted 2[5-9], at once 2[0-9], timed out 2[4-8]$'

# Each side needs a descriptor for each connection.
each=5000
if ! ulimit -n 10100 2>/dev/null; then
    each=400
    echo "note: 800 connections: there are not enough descriptors for 10,000"
fi
start "$bin/timer_wheel_server" 0 4000
peers "silent $port $each" "silent $port $each"
expect_no_connections
stop "^stopped: accepted $((2 * each)), .* timed out $((2 * each))\$"

# Out of descriptors: it says so, and the others wait for those that time out.
start sh -c 'ulimit -n 40 && exec "$0" 0 300' "$bin/timer_wheel_server"
grep -q '^fewer than 10016 descriptors' "$work/server.log" ||
    fail "does not say that there are too few descriptors"
peer silent "$port" 100
expect_no_connections
stop '^stopped: accepted 100, at once [123].*, timed out 100$'

# A bad argument is refused.
"$bin/timer_wheel_server" nonsense nonsense 2>"$work/usage.log" &&
    fail "took a bad time"
exit 0
