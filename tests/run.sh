#!/bin/sh
# run.sh [CTEST OPTION ...]: builds the library with its tests and runs them
# all, after installing what is missing. "sh tests/run.sh -L suite" runs the
# cmocka programs alone. The build is in build/test.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/setup.sh
. "$top/tests/setup.sh"
setup cmocka

build=$top/build/test
mkdir -p "$build"
if ! { cmake -S "$top" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo &&
    cmake --build "$build" -j "$(jobs_count)"; } >"$build/build.log" 2>&1; then
    cat "$build/build.log"
    echo "The build has failed."
    exit 1
fi

status=0
(cd "$build" && ctest --output-on-failure -j "$(jobs_count)" "$@") || status=$?

# ctest counts programs; the tests in them are more.
awk -f "$top/tests/count.awk" "$build/Testing/Temporary/LastTest.log" |
    awk '{ printf "%d passed, %d failed, %d skipped\n", $1, $2, $3 }'
exit "$status"
