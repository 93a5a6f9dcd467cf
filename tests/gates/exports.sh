#!/bin/sh
# exports.sh NM LIBRARY [SYSTEM [OBJDUMP]]: what the library exports is the
# checked-in list, the list is what the headers declare, and src/mio.def is the
# list for Windows. SYSTEM is linux, unix (any other) or windows; OBJDUMP is for
# DLLs and for dynamic libraries of macOS.
. "$(dirname "$0")/gate.sh"
nm=$1 library=$2 system=${3:-linux} objdump=${4:-objdump}
list=tests/gates/symbols.txt
definitions=src/mio.def

# The functions of one system: NAME, or NAME SYSTEM.
listed() {
    sed -e 's/#.*//' "$list" | awk -v wanted="$1" '
        NF == 1 || $2 == wanted || $2 == "unix" && wanted == "linux" {
            print $1
        }' | sort -u
}

declared_functions >"$scratch/declared"
sed -e 's/#.*//' "$list" | awk 'NF { print $1 }' | sort -u >"$scratch/all"
sed -e 's/#.*//' "$list" | awk '
    NF > 2 || NF == 2 && $2 !~ /^(unix|linux|windows)$/' |
    fail_lines " is no line of $list"
listed "$system" >"$scratch/listed"
case $library in
*.dll)
    "$objdump" -p "$library" | tr -d '\r' | awk '
        /^\[Ordinal\/Name Pointer\] Table/ { table = 1; next }
        table && NF == 0 { exit }
        table && $1 ~ /^\[/ { print $NF }' | sort -u >"$scratch/exported"
    ;;
*.a)
    # Nothing is hidden in an archive; what is not exported has the private
    # prefix there. The thunks are the compiler's.
    "$nm" -g "$library" | plain_names '[^U]' |
        grep -Ev '^(mio__|__x86\.get_pc_thunk|\.refptr\.)' |
        sort -u >"$scratch/exported"
    ;;
*.dylib)
    # Lines of ADDRESS _NAME. Two names are added by zig's linker.
    "$objdump" --macho --exports-trie "$library" |
        awk '/^0x/ { sub(/^_/, "", $2); print $2 }' |
        grep -Ev '^_(_dso_handle|mh_dylib_header)$' |
        sort -u >"$scratch/exported"
    ;;
*)
    # Type A is the name of the version itself.
    "$nm" -D --defined-only "$library" |
        awk 'NF == 3 && $2 != "A" { sub(/@.*/, "", $3); print $3 }' |
        sort -u >"$scratch/exported"
    ;;
esac
[ -s "$scratch/exported" ] || fail "no exported symbols found in $library"
[ -s "$scratch/declared" ] || fail "no declarations found in the headers"

comm -23 "$scratch/exported" "$scratch/listed" |
    fail_lines " is exported and not in $list for $system"
comm -13 "$scratch/exported" "$scratch/listed" |
    fail_lines " is in $list for $system and not exported"
comm -23 "$scratch/declared" "$scratch/all" |
    fail_lines " is declared and not in $list"
comm -13 "$scratch/declared" "$scratch/all" |
    fail_lines " is in $list and not declared"

# The module definition file, which only Windows reads: comments, EXPORTS, and
# a name a line.
listed windows >"$scratch/windows"
sed -e 's/;.*//' "$definitions" | awk '
    NF && $1 != "LIBRARY" && $1 != "EXPORTS" { print $1 }' |
    sort -u >"$scratch/defined"
comm -23 "$scratch/defined" "$scratch/windows" |
    fail_lines " is in $definitions and not in $list for windows"
comm -13 "$scratch/defined" "$scratch/windows" |
    fail_lines " is in $list for windows and not in $definitions"

finish "$(wc -l <"$scratch/exported") exported functions"
