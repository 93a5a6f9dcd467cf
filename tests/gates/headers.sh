#!/bin/sh
# headers.sh: each public header compiles alone, and twice, as C11, C17 and
# C++11 with gcc and with clang, without a warning; for Windows too, where there
# is MinGW.
. "$(dirname "$0")/gate.sh"

warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
compiled=0
mingw=x86_64-w64-mingw32
for compiler in gcc g++ clang clang++ $mingw-gcc i686-w64-mingw32-gcc \
    "clang --target=$mingw" "clang++ --target=$mingw"; do
    case $compiler in
    *++*) standards="c++11" suffix=cpp ;;
    *) standards="c11 c17" suffix=c ;;
    esac
    if ! have "${compiler%% *}"; then
        echo "not checked: there is no ${compiler%% *} here"
        continue
    fi
    case $compiler in
    *--target*) # clang needs MinGW's headers
        have $mingw-gcc || continue
        ;;
    esac
    for standard in $standards; do
        for header in include/mio.h include/mio/*.h; do
            name=${header#include/}
            unit=$scratch/unit.$suffix
            printf '#include "%s"\n#include "%s"\nint unit(void);\n' \
                "$name" "$name" >"$unit"
            printf 'int unit(void)\n{\n    return 0;\n}\n' >>"$unit"
            compiled=$((compiled + 1))
            # shellcheck disable=SC2086 # these are several words
            $compiler -std="$standard" $warnings -Iinclude -fsyntax-only \
                "$unit" >"$scratch/out" 2>&1 || {
                cat "$scratch/out" >&2
                fail "$header with $compiler -std=$standard"
            }
        done
    done
done
[ "$compiled" -gt 0 ] || skip "there is neither gcc nor clang here"

finish "$compiled compilations"
