#!/bin/sh
# plain_build.sh CC: the library builds without CMake, by one command, and its
# code is small.
. "$(dirname "$0")/gate.sh"
cc=$1
limit=40960 # bytes of code on x86-64

"$cc" -std=c11 -O2 -Wall -Wextra -Werror -Iinclude -Isrc -o "$scratch/main" \
    tests/consumer/main.c src/*.c src/sys/unix/*.c -lpthread ||
    fail "the sources do not compile without CMake"
"$scratch/main" || fail "a program built without CMake does not work"

have size || skip "built; there is no size here to measure it"
# Berkeley's "text" counts constants too; they are part of the size. Files of
# different directories may have the same name.
top=$(pwd)
for directory in src src/sys/unix; do
    mkdir -p "$scratch/$directory"
    (cd "$scratch/$directory" && "$cc" -std=c11 -O2 -I"$top/include" \
        -I"$top/src" -c "$top/$directory"/*.c) ||
        fail "$directory does not compile"
done
text=$(size "$scratch"/src/*.o "$scratch"/src/sys/unix/*.o |
    awk 'NR > 1 { n += $1 } END { print n }')
case $("$cc" -dumpmachine) in
x86_64-*)
    [ "$text" -lt "$limit" ] || fail "text is $text bytes, not below $limit"
    ;;
*) echo "note: the limit is for x86-64 and is not applied" ;;
esac

finish "$text bytes of text"
