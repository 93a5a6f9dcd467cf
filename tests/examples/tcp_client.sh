#!/bin/sh
# tcp_client: an answer, a refusal, silence.
# shellcheck source=tests/examples/support
. "$(dirname "$0")/support"

start "$bin/tcp_echo"
answer=$(limited "$bin/tcp_client" "127.0.0.1:$port" "good morning" 10) ||
    fail "status $?"
[ "$answer" = "good morning" ] || fail "the answer is '$answer'"
expect_no_connections
stop '^stopped: .*, accepted 1, open 0, '

# Nobody listens there any more.
if limited "$bin/tcp_client" "127.0.0.1:$port" hello 10 2>"$work/refused.log"
then
    fail "connected to nobody"
fi
grep -q '^tcp_client: connect: connection refused$' "$work/refused.log" ||
    fail "no refusal"

# The HTTP server waits for a whole request: the client must give up.
start "$bin/http_server" 0 60
if limited "$bin/tcp_client" "127.0.0.1:$port" "GET / HTTP/1.1" 0.3 \
    2>"$work/silence.log"; then
    fail "an answer to half a request"
fi
grep -q '^tcp_client: read: timed out$' "$work/silence.log" ||
    fail "no time-out"
expect_no_connections
stop '^stopped: .*, open 0, '
exit 0
