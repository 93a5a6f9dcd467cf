#!/bin/sh
# state.sh NM ARCHIVE [SYSTEM]: the library has no writable memory of its own,
# but for what is documented, and starts no thread. SYSTEM is unix, macos or
# windows.
. "$(dirname "$0")/gate.sh"
nm=$1 archive=$2 system=${3:-unix}

# Relocated constants (.data.rel.ro) are made read-only before the program
# runs; all other data and bss sections can be written. Windows' objects have
# symbols for the sections too.
elf_or_coff() {
    "$nm" -f sysv "$archive" | awk -F '|' '
    NF >= 7 {
        gsub(/[ \r]/, "")
        section = $7
        if ($1 == section) next
        if (section ~ /^\.(data|bss|tdata|tbss|sdata|sbss)/ &&
            section !~ /^\.data\.rel\.ro/ || section ~ /COM/) {
            print $1 " in " section
        }
        symbols++
    }
    END { print symbols + 0 " symbols" > "/dev/stderr" }'
}

# The same of macOS's objects: ADDRESS (SEGMENT,SECTION) WORDS _NAME; without
# the underscore it is a label of the assembler. Relocated constants: __const.
mach_o() {
    "$nm" -m "$archive" 2>/dev/null | awk '
    NF >= 3 && $NF ~ /^_/ {
        name = substr($NF, 2)
        section = $2
        gsub(/[()]/, "", section)
        if (section ~ /^__DATA/ && section !~ /,__const$/ ||
            section == "common") {
            print name " in " section
        }
        symbols++
    }
    END { print symbols + 0 " symbols" > "/dev/stderr" }'
}

case $system in
macos) mach_o ;;
*) elf_or_coff ;;
esac 2>"$scratch/symbols" | sort -u >"$scratch/writable"
grep -q '^0 ' "$scratch/symbols" && fail "no symbols found in $archive"

# The counter that numbers polls and timer queues; the table of signals, and what
# the handler of SIGCHLD has to find, since handlers are given a number and
# nothing else. include/mio.h names them under "Threads".
# On Windows also what does the system's own start-up once. 32-bit Windows adds
# an underscore.
documented='mio__registry_count|signal_table|sigchld_watch'
[ "$system" != windows ] ||
    documented='_?(mio__registry_count|signal_table|net_start_once)'
grep -Ev "^($documented) in " "$scratch/writable" |
    fail_lines ' is writable memory of the library'

starters='pthread_create|thrd_create|clone3?|v?fork|posix_spawnp?|
CreateThread|CreateRemoteThread(Ex)?|_beginthread(ex)?|CreateProcess.*|
QueueUserWorkItem|RegisterWaitForSingleObject|CreateTimerQueueTimer|
CreateThreadpool.*|TrySubmitThreadpoolCallback'
# Windows' wait for processes is documented, in include/mio/process.h.
pool='^$'
[ "$system" != windows ] || pool=RegisterWaitForSingleObject
"$nm" -g "$archive" | plain_names U | sort -u |
    grep -E "^($(printf '%s' "$starters" | tr -d '\n'))\$" |
    grep -Evx "$pool" |
    fail_lines ' starts a thread or a process'

finish "$(cat "$scratch/symbols")"
