#!/bin/sh
# state.sh NM ARCHIVE: the library has no writable memory of its own, but for
# what is documented, and starts no thread.
. "$(dirname "$0")/gate.sh"
nm=$1 archive=$2

# Relocated constants (.data.rel.ro) are made read-only before the program
# runs; all other data and bss sections can be written.
"$nm" -f sysv "$archive" | awk -F '|' '
    NF >= 7 {
        gsub(/ /, "")
        section = $7
        if (section ~ /^\.(data|bss|tdata|tbss|sdata|sbss)/ &&
            section !~ /^\.data\.rel\.ro/ || section ~ /COM/) {
            print $1 " in " section
        }
        symbols++
    }
    END { print symbols + 0 " symbols" > "/dev/stderr" }
' 2>"$scratch/symbols" | sort -u >"$scratch/writable"
grep -q '^0 ' "$scratch/symbols" && fail "no symbols found in $archive"

# The counter that numbers the polls; include/mio.h names it under "Threads".
grep -v '^poll_count in ' "$scratch/writable" |
    fail_lines ' is writable memory of the library'

"$nm" -u "$archive" | awk '{ print $2 }' | sort -u |
    grep -E '^(pthread_create|thrd_create|clone3?|v?fork|posix_spawnp?)$' |
    fail_lines ' starts a thread or a process'

finish "$(cat "$scratch/symbols")"
