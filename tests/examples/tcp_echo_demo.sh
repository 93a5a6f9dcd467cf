#!/bin/sh
# tcp_echo_demo: the main job, shorter.
# shellcheck source=tests/examples/support
. "$(dirname "$0")/support"

# It starts the program beside it, which an emulator has to be told.
limited "$bin/tcp_echo_demo" 32 200 ${MIO_EMULATOR:+"$bin/tcp_echo"} \
    >"$work/demo.log" 2>&1 ||
    fail "status $?"
grep -q '^connections  *32$' "$work/demo.log" || fail "connections"
grep -q '^messages  *6400, ' "$work/demo.log" || fail "messages"
grep -q '^backend  *[a-z]' "$work/demo.log" || fail "backend"
grep -Eq "^server's heap +(0 allocations|not counted)" "$work/demo.log" ||
    fail "heap"

# Without a server it fails, and does not hang.
if limited "$bin/tcp_echo_demo" 1 1 "$work/none" >"$work/none.log" 2>&1; then
    fail "worked without a server"
fi
# A server that loses connections is noticed.
cat >"$work/liar" <<'END'
#!/bin/sh
echo 'listening on 127.0.0.1:1'
exec sleep 30
END
chmod +x "$work/liar"
if limited "$bin/tcp_echo_demo" 1 1 "$work/liar" >"$work/liar.log" 2>&1; then
    fail "worked with a server that is not there"
fi
exit 0
