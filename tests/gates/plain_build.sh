#!/bin/sh
# plain_build.sh CC [LAUNCHER ...]: the library builds without CMake, by one
# command, and its code is small. LAUNCHER is what runs programs that are not
# this machine's own.
. "$(dirname "$0")/gate.sh"
cc=$1
shift

machine=$("$cc" -dumpmachine)
case $machine in
*mingw* | *windows*) libraries='-lws2_32 -lntdll' ;;
*) libraries=-lpthread ;;
esac
limit=40960 # bytes of code on x86-64 Linux
# What only those programs have in them that use it.
extras='/(channel|memory_source|notifier|process[a-z_]*|signal[a-z_]*|spin|timer[a-z_]*|user_source)\.o'

# shellcheck disable=SC2086 # libraries are words
"$cc" -std=c11 -O2 -Wall -Wextra -Werror -Iinclude -Isrc \
    -o "$scratch/main.exe" \
    tests/consumer/main.c src/*.c src/sys/*.c src/sys/*/*.c $libraries ||
    fail "the sources do not compile without CMake"
"$@" "$scratch/main.exe" || fail "a program built without CMake does not work"

case $machine in
*linux*) ;;
*) finish "the limit of the size is for Linux" ;;
esac
have size || skip "built; there is no size here to measure it"
# Berkeley's "text" counts constants too; they are part of the size. Files of
# different directories may have the same name.
top=$(pwd)
for directory in src src/sys src/sys/unix; do
    mkdir -p "$scratch/$directory"
    (cd "$scratch/$directory" && "$cc" -std=c11 -O2 -I"$top/include" \
        -I"$top/src" -c "$top/$directory"/*.c) ||
        fail "$directory does not compile"
done
find "$scratch/src" -name '*.o' -exec size {} + >"$scratch/sizes" ||
    fail "the objects cannot be measured"
text=$(awk -v extras="$extras" '$1 != "text" && $NF !~ extras { n += $1 }
    END { print n + 0 }' "$scratch/sizes")
[ "$text" -gt 0 ] || fail "there is no code to measure"
case $machine in
x86_64-*)
    [ "$text" -lt "$limit" ] || fail "text is $text bytes, not below $limit"
    ;;
*) echo "note: the limit is for x86-64 and is not applied" ;;
esac

finish "$text bytes of text"
