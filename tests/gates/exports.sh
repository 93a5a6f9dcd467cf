#!/bin/sh
# exports.sh NM LIBRARY: what the library exports is the checked-in list, and
# the list is what the headers declare.
. "$(dirname "$0")/gate.sh"
nm=$1 library=$2
list=tests/gates/symbols.txt

declared_functions >"$scratch/declared"
grep -v '^#' "$list" | sort -u >"$scratch/listed"
case $library in
*.a)
    # Nothing is hidden in an archive; what is not exported has the private
    # prefix there. The thunks are the compiler's.
    "$nm" -g "$library" | awk 'NF == 3 && $2 != "U" { print $3 }' |
        grep -Ev '^(mio__|__x86\.get_pc_thunk)' | sort -u >"$scratch/exported"
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
    fail_lines " is exported and not in $list"
comm -13 "$scratch/exported" "$scratch/listed" |
    fail_lines " is in $list and not exported"
comm -23 "$scratch/declared" "$scratch/listed" |
    fail_lines " is declared and not in $list"
comm -13 "$scratch/declared" "$scratch/listed" |
    fail_lines " is in $list and not declared"

finish "$(wc -l <"$scratch/exported") exported functions"
