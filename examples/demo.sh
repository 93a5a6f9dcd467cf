#!/bin/sh
# demo.sh [CONNECTIONS [MESSAGES]]: builds the library and its examples and
# runs the echo server under load, after installing what is missing. The build
# is in build/demo.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/setup.sh
. "$top/tests/setup.sh"
setup

build=$top/build/demo
mkdir -p "$build"
if ! { cmake -S "$top" -B "$build" -DCMAKE_BUILD_TYPE=Release \
    -DMIO_BUILD_TESTS=OFF &&
    cmake --build "$build" -j "$(jobs_count)"; } >"$build/build.log" 2>&1; then
    cat "$build/build.log"
    echo "The build has failed."
    exit 1
fi
exec "$build/examples/tcp_echo_demo" "$@"
