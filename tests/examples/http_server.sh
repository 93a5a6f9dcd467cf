#!/bin/sh
# http_server: good requests, bad requests, slow peers, many peers.
# shellcheck source=tests/examples/support
. "$(dirname "$0")/support"
need_peer

# Sends a request with printf's escapes; the answer's first line must match.
expect() {
    printf "$2" | "$work/peer" talk "$port" >"$work/answer.log" ||
        fail "no answer to $2"
    head -n 1 "$work/answer.log" | grep -q "^HTTP/1.1 $1 " ||
        fail "not $1 for $2"
}

start "$bin/http_server" 0 2
expect 200 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
grep -q '^Hello from libmio\.$' "$work/answer.log" || fail "no page"
grep -q '^Date: ' "$work/answer.log" || fail "no date"
expect 200 '\r\nGET /?a=b HTTP/1.0\r\n\r\n'
expect 200 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n'
! grep -q '^Hello' "$work/answer.log" || fail "a page for HEAD"
grep -q '^Content-Length: 19' "$work/answer.log" || fail "no length for HEAD"
expect 404 'GET /none HTTP/1.1\r\nHost: x\r\n\r\n'
expect 400 'nonsense\r\n\r\n'
expect 400 '\026\003\001 not TLS'
expect 400 'GET / HTTP/1.1\n\n'
expect 400 'GET / HTTP/1.1\r\n\r\n'
expect 400 'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n'
expect 400 'GET / HTTP/1.1\r\nHost: x\r\nNo Colon\r\n\r\n'
expect 400 'GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n'
expect 400 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'
expect 400 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'
expect 405 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab'
grep -q '^Allow: GET, HEAD' "$work/answer.log" || fail "no Allow"
expect 413 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n'
expect 413 'GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
expect 505 'GET / HTTP/2.0\r\nHost: x\r\n\r\n'
long=$(printf '%05000d' 0)
expect 431 "GET /$long HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"

# Three requests at once give three answers, in order.
request='GET %s HTTP/1.1\r\nHost: x\r\n\r\n'
printf "$request$request$request" / /none / |
    "$work/peer" talk "$port" >"$work/answer.log" || fail "no answers"
answers=$(sed -n 's/^HTTP\/1.1 \([0-9]*\) .*/\1/p' "$work/answer.log" |
    tr '\n' ' ')
[ "$answers" = "200 404 200 " ] || fail "pipelined: $answers"

# A byte from time to time is not a request.
peers "silent $port 20" "slowly $port" "reset $port 300" "never-read $port 2"
expect_no_connections

if command -v curl >/dev/null; then
    page=$(curl -s -S --max-time 10 "http://127.0.0.1:$port/" \
        "http://127.0.0.1:$port/") || fail "curl's status is $?"
    [ "$page" = "Hello from libmio.
Hello from libmio." ] || fail "curl got '$page'"
    code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 10 \
        -d 'some data' "http://127.0.0.1:$port/") || fail "curl -d: $?"
    [ "$code" = 405 ] || fail "curl -d got $code"
    curl -s -S --max-time 10 -I "http://127.0.0.1:$port/" |
        grep -q '^HTTP/1.1 200 OK' || fail "curl -I"
else
    echo "part skipped: no curl"
fi

if ! command -v wrk >/dev/null; then
    echo "part skipped: no wrk"
elif [ "$(ulimit -n)" != unlimited ] && [ "$(ulimit -n)" -lt 1100 ]; then
    echo "part skipped: wrk -c 1000 needs more descriptors than $(ulimit -n)"
else
    wrk -t 1 -c 1000 -d 2s "http://127.0.0.1:$port/" >"$work/wrk.log" 2>&1 ||
        fail "wrk's status is $?"
    grep -q 'requests in' "$work/wrk.log" || fail "wrk got no answers"
    ! grep -q 'Non-2xx' "$work/wrk.log" || fail "wrk got errors"
fi
expect_no_connections
stop '^stopped: .*, open 0, '

# Out of descriptors: the others wait, and are served as soon as there is room.
start sh -c 'ulimit -n 16 && exec "$0" 0 60' "$bin/http_server"
peer crowd "$port" 60
expect_no_connections
stop '^stopped: accepted 60, open 0, answered 60$'
exit 0
