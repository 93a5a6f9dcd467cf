#!/bin/sh
# limits.sh: the limits of the sources: functions of at most 70 lines, files of
# at most 500, nothing that allocates, prints or aborts, and the system's
# differences only where they belong.
. "$(dirname "$0")/gate.sh"
max_function=70
max_file=500

find src -name '*.[ch]' | sort >"$scratch/sources"
[ -s "$scratch/sources" ] || fail "no sources found"

# Functions begin and end in the first column (clang-format sees to it).
while IFS= read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le "$max_file" ] ||
        fail "$file has $lines lines, more than $max_file"
    strip_c "$file" >"$scratch/code"
    awk -v file="$file" -v max="$max_function" '
    /^[A-Za-z_]/ && !/;$/ && !/^(struct|union|enum|typedef|extern)[ a-z_]*$/ {
        start = NR
    }
    /^\{/ { inside = 1 }
    inside && /^ *# *(if|ifdef|ifndef|elif|else)/ && file !~ /^src\/sys\// {
        print file ":" NR ": a condition of the preprocessor in a function"
    }
    /^\}/ {
        if (inside && NR - start + 1 > max)
            print file ":" start ": a function of " NR - start + 1 \
                " lines, more than " max
        inside = 0
    }' "$scratch/code" | fail_lines

    # Calls, so that members and other words of the same name do not count.
    call='(^|[^A-Za-z0-9_.>])'
    banned='malloc|calloc|realloc|reallocarray|free|strn?dup|alloca|
aligned_alloc|posix_memalign|v?f?printf|v?sn?printf|v?asprintf|v?dprintf|
puts|fputs|perror|fopen|strerror|strerror_r|abort|exit|_exit|quick_exit|
strcpy|strcat|strtok|sprintf|gets|atoi|rand|random|qsort|setenv|signal|
sleep|usleep|nanosleep|getaddrinfo|gethostbyname|inet_ntoa|fork|system|popen|
pthread_create|thrd_create|longjmp|setjmp|
(Heap|Local|Global)(Re)?Alloc|VirtualAlloc|TlsAlloc|FlsAlloc|FormatMessage[AW]?|
Sleep(Ex)?|CreateThread|_beginthread(ex)?|ExitProcess|TerminateProcess'
    banned=$(printf '%s' "$banned" | tr -d '\n')
    grep -nE "$call($banned) *\(" "$scratch/code" |
        sed "s|^|$file:|; s|\$| (banned in src/)|" | fail_lines
    grep -nE '_Thread_local|__thread|threads\.h|stdio\.h' "$scratch/code" |
        sed "s|^|$file:|; s|\$| (banned in src/)|" | fail_lines

    case $file in
    src/sys/*) ;;
    *)
        system='close|socket|socketpair|accept4?|bind|listen|connect|read|
write|readv|writev|send|sendto|sendmsg|recv|recvfrom|recvmsg|poll|ppoll|
fcntl|ioctl|[gs]etsockopt|getsockname|getpeername|shutdown|pipe2?|eventfd|
epoll_[a-z0-9_]+|pthread_[a-z_]+|clock_gettime|syscall|
closesocket|ioctlsocket|WSA[A-Z][A-Za-z0-9]*|Nt[A-Z][A-Za-z]*|CloseHandle|
(Get|Post)QueuedCompletionStatus(Ex)?|CreateIoCompletionPort|CancelIo(Ex)?|
CreateFile[AW]?|(Read|Write)File(Ex)?|(Create|Connect|Disconnect)NamedPipe[AW]?|
[GS]etLastError|(Acquire|Release|Initialize)SRWLock[A-Za-z]*|InitOnce[A-Za-z]*|
QueryPerformance[A-Za-z]*|GetProcAddress|GetModuleHandle[AW]?'
        system=$(printf '%s' "$system" | tr -d '\n')
        grep -nE "$call($system) *\(" "$scratch/code" |
            sed "s|^|$file:|; s|\$| (a system call outside src/sys/)|" |
            fail_lines
        ;;
    esac
done <"$scratch/sources"

# Elsewhere the limits are advice.
find include tests examples benches -name '*.[ch]' | sort |
    while IFS= read -r file; do
        lines=$(wc -l <"$file")
        [ "$lines" -le "$max_file" ] || echo "note: $file has $lines lines"
    done

finish "$(wc -l <"$scratch/sources") files"
