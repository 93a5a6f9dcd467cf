#!/bin/sh
# format.sh: clang-format has nothing to change.
. "$(dirname "$0")/gate.sh"

# Versions differ in details; the sources follow this one.
version=14
clang_format=
for candidate in clang-format-$version clang-format; do
    if have "$candidate" &&
        "$candidate" --version | grep -q "version $version\\."; then
        clang_format=$candidate
        break
    fi
done
[ -n "$clang_format" ] || skip "there is no clang-format $version here"

find include src tests examples benches -name '*.[ch]' -o -name '*.cpp' |
    sort >"$scratch/files"
[ -s "$scratch/files" ] || fail "no files found"
while IFS= read -r file; do
    "$clang_format" --dry-run --Werror "$file" >"$scratch/out" 2>&1 ||
        fail "$file: $(grep -c 'error:' "$scratch/out") places to format"
done <"$scratch/files"

finish "$(wc -l <"$scratch/files") files"
