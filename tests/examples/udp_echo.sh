#!/bin/sh
# udp_echo: datagrams of all sizes, a flood, senders that are gone.
# shellcheck source=tests/examples/support
. "$(dirname "$0")/support"
need_peer

start "$bin/udp_echo"
peer gone "$port" 200
peer datagrams "$port" 500
expect_no_connections
stop '^stopped: received [1-9]'
exit 0
