#!/bin/sh
# The program in README.md compiles as it stands there, and does what it says.
set -u
bin=${1:?usage: $0 BINARY_DIRECTORY}
top=$(cd "$(dirname "$0")/../.." && pwd)
[ -x "$bin/tcp_echo" ] || bin=$bin/examples
work=$(mktemp -d) || exit 1
server=
clean_up() {
    status=$?
    [ -z "$server" ] || kill "$server" 2>/dev/null
    rm -rf "$work"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

fail() {
    echo "FAILED: readme: $*"
    exit 1
}

cc=${CC:-cc}
if ! command -v "$cc" >/dev/null; then
    echo "SKIPPED: readme: no C compiler"
    exit 77
fi
awk '/^```c$/ { code = 1; next } /^```/ { code = 0 } code' "$top/README.md" \
    >"$work/program.c"
grep -q '^int main' "$work/program.c" || fail "there is no program"

# With the command that README.md gives for builds without CMake.
"$cc" -std=c11 -O1 -Wall -Wextra -Wpedantic -Werror -I"$top/include" \
    -I"$top/src" -o "$work/program" "$work/program.c" "$top"/src/*.c \
    "$top"/src/sys/*.c "$top"/src/sys/*/*.c -lpthread || fail "it does not compile"

: >"$work/server.log"
"$bin/tcp_echo" >>"$work/server.log" &
server=$!
tries=0
until grep -q '^listening on ' "$work/server.log"; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || fail "the server does not listen"
    sleep 0.1
done
address=$(sed -n 's/^listening on //p' "$work/server.log")
answer=$("$work/program" "$address") || fail "its status is $?"
[ "$answer" = hello ] || fail "it printed '$answer'"

kill "$server"
wait "$server" || fail "the server's status is $?"
server=
if "$work/program" "$address" 2>"$work/refused.log"; then
    fail "it talked to nobody"
fi
grep -q '^connection refused$' "$work/refused.log" || fail "no refusal"
exit 0
