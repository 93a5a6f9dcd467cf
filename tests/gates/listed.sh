#!/bin/sh
# listed.sh: every C file is in a list of the build, and every script of the
# tests is run. A test that nobody builds is a test that cannot fail.
. "$(dirname "$0")/gate.sh"

# The words of the build's lists, without their endings.
words() {
    sed 's/#.*//' "$@" | tr -c 'A-Za-z0-9_./-' '\n' | sed 's/\.[a-z]*$//' |
        sort -u
}

words CMakeLists.txt >"$scratch/library"
words tests/CMakeLists.txt tests/*/CMakeLists.txt >"$scratch/tests"
words examples/CMakeLists.txt >"$scratch/examples"
words benches/CMakeLists.txt >"$scratch/benches"

count=0
check() { # LIST FILE NAME
    count=$((count + 1))
    grep -qx -- "$3" "$scratch/$1" || fail "$2 is in no list of the build"
}
for file in $(find src -name '*.c' | sort); do
    check library "$file" "${file%.c}"
done
for file in tests/*.c tests/gates/*.c tests/fuzz/*.c; do
    name=${file##*/}
    check tests "$file" "${name%.c}"
done
for file in tests/support/*.c; do
    name=${file#tests/}
    check tests "$file" "${name%.c}"
done
for file in tests/examples/*.sh; do
    name=${file##*/}
    check tests "$file" "${name%.sh}"
done
for file in tests/gates/*.sh; do
    name=${file##*/}
    [ "$name" = gate.sh ] || check tests "$file" "${name%.sh}"
done
for directory in examples benches; do
    for file in "$directory"/*.c; do
        name=${file##*/}
        [ ! -f "$file" ] || check "$directory" "$file" "${name%.c}"
    done
done

finish "$count files"
