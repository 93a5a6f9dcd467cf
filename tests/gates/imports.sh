#!/bin/sh
# imports.sh OBJDUMP PROGRAM: a program for Windows needs no DLL but the
# library's own and the system's: nothing of the compiler's is to be shipped
# with it.
. "$(dirname "$0")/gate.sh"
objdump=$1 program=$2

"$objdump" -p "$program" | tr -d '\r' |
    sed -n 's/^[[:space:]]*\(DLL \)\{0,1\}Name: *//p' | sort -u >"$scratch/needed"
grep -qi '^kernel32\.dll$' "$scratch/needed" ||
    fail "no imports found in $program"

# msvcrt and api-ms-win-crt-*, ucrtbase: the two C runtimes.
system='kernel32|ntdll|ws2_32|msvcrt|ucrtbase|api-ms-win-crt-[a-z0-9-]*'
grep -Eiv "^(($system)\\.dll|(lib)?mio\\.dll)\$" "$scratch/needed" |
    fail_lines " is needed by $program"

finish "$(wc -l <"$scratch/needed") DLLs"
