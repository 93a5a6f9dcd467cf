#!/bin/sh
# undefined.sh NM ARCHIVE LIST WAY...: the library calls no allocator, and of the
# C library and the system only what the list allows. The ways are those in which
# it was built: epoll, eventfd, ..., and the name of a BSD.
. "$(dirname "$0")/gate.sh"
nm=$1 archive=$2 list=$3
shift 3
ways=$*

"$nm" -g "$archive" | plain_names '[^U]' | sort -u >"$scratch/defined"
# A fortified call is a call of the plain function; glibc marks those for 64-bit
# times (__recvmsg64, __fcntl_time64), NetBSD and macOS newer versions of a
# function (__socket30, fstat$INODE64).
"$nm" -g "$archive" | plain_names U | sed -e 's/^__\(.*\)_chk$/\1/' \
    -e 's/^__\(.*\)_time64$/\1/' -e 's/^__\([a-z_]*\)[0-9][0-9]$/\1/' \
    -e 's/\$.*//' | sort -u |
    comm -23 - "$scratch/defined" >"$scratch/undefined"
[ -s "$scratch/undefined" ] || fail "no undefined symbols found in $archive"

sed -e 's/#.*//' "$list" | awk -v ways=" always $ways " '
    NF > 1 && index(ways, " " $2 " ") { print $1 }
' | sort -u >"$scratch/needed"
sed -e 's/#.*//' "$list" | awk 'NF && $2 == "maybe" { print $1 }' |
    sort -u >"$scratch/maybe"
sort -u "$scratch/needed" "$scratch/maybe" >"$scratch/allowed"

# Said apart, because no list may ever allow them.
allocators='malloc|calloc|realloc|reallocarray|free|cfree|strn?dup|alloca|
asprintf|vasprintf|aligned_alloc|memalign|posix_memalign|valloc|pvalloc|mmap|
mmap64|mremap|brk|sbrk|getline|getdelim|open_memstream|getaddrinfo|fopen|
fdopen|opendir|qsort|_Zn[aw].*|__tls_get_addr|_*emutls_get_address|
_aligned_.*|_recalloc|_expand|_malloca|_(str|wcs|mbs)dup|
(Heap|Local|Global)(Alloc|ReAlloc|Free)|HeapCreate|GetProcessHeap|
Virtual(Alloc|Free).*|(Nt|Zw)(Allocate|Free)VirtualMemory.*|
Rtl(Allocate|ReAllocate|Free|Create)Heap|(Nt|Zw)?MapViewOf.*|CoTaskMem.*|
TlsAlloc|FlsAlloc'
allocators="^($(printf '%s' "$allocators" | tr -d '\n'))\$"
grep -E "$allocators" "$scratch/undefined" "$scratch/allowed" |
    sed 's/.*://' | sort -u | fail_lines ' allocates memory'

comm -23 "$scratch/undefined" "$scratch/allowed" |
    fail_lines " is called by the library and not allowed in $list"
comm -13 "$scratch/undefined" "$scratch/needed" |
    fail_lines " is allowed in $list and not called ($ways)"

have size && size "$archive" 2>/dev/null | awk '
    NR > 1 { text += $1; data += $2; bss += $3 }
    END { if (NR > 1) print text " bytes of text, " data " of data, " bss " of bss" }'
finish "$(wc -l <"$scratch/undefined") symbols of the C library and the system"
