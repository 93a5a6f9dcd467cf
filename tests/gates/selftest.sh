#!/bin/sh
# selftest.sh CC NM: each gate can fail. Runs the gates on copies of the
# sources in which a rule is broken, and expects them to name the breach.
. "$(dirname "$0")/gate.sh"
cc=$1 nm=$2

top=$(pwd)
tree=$scratch/tree
cases=0

# A fresh copy of what the gates look at, in which the case breaks a rule.
begin() {
    cases=$((cases + 1))
    rm -rf "$tree"
    mkdir -p "$tree"
    for part in include src tests docs examples benches; do
        [ ! -d "$part" ] || cp -R "$part" "$tree/"
    done
    for part in CMakeLists.txt .clang-format; do
        cp "$part" "$tree/"
    done
}

# Runs a gate in the copy; it must fail and say PATTERN.
expect() { # PATTERN GATE [ARGUMENT ...]
    pattern=$1 gate=$2
    shift 2
    (cd "$tree" && sh "tests/gates/$gate.sh" "$@") >"$scratch/out" 2>&1
    status=$?
    if [ "$status" -eq 77 ]; then
        echo "not tried: $gate: $(cat "$scratch/out")"
    elif [ "$status" -ne 1 ]; then
        fail "$gate ended with $status instead of 1, looking for: $pattern"
        cat "$scratch/out" >&2
    elif ! grep -q "FAILED: .*$pattern" "$scratch/out"; then
        fail "$gate did not say: $pattern"
        cat "$scratch/out" >&2
    fi
}

# An archive of one file, for the gates that look at objects.
archive() {
    printf '%s\n' "$1" >"$tree/broken.c"
    "$cc" -std=c11 -O0 -fno-builtin -Wno-error -I"$tree/include" \
        -c -o "$tree/broken.o" "$tree/broken.c" &&
        ar rc "$tree/libbroken.a" "$tree/broken.o" ||
        fail "the example does not compile: $1"
}

# ---- docs_fields ----------------------------------------------------------

for field in @return @threads @memory @mio; do
    begin
    # The first one of this header, wherever it is.
    awk -v field="$field" '
        index($0, field) && !done { done = 1; next } { print }
    ' include/mio/tcp.h >"$tree/include/mio/tcp.h"
    expect "mio_tcp_listener_bind has no $field" docs_fields
done
begin
printf '\n%s\n' 'MIO_API int mio_undocumented(void);' >>"$tree/include/mio.h"
expect 'mio_undocumented has no documentation' docs_fields
begin
printf '/** %s\n *  %s\n */\n%s\n' 'Sentence without end' '@threads any' \
    'static inline int mio_half(void)' >>"$tree/include/mio.h"
expect 'mio_half does not begin with a sentence' docs_fields

# ---- exports --------------------------------------------------------------

begin
archive 'int mio_extra(void); int mio_extra(void) { return 0; }'
expect 'mio_extra is exported and not in' exports "$nm" libbroken.a
expect 'mio_poll_wait is in .* and not exported' exports "$nm" libbroken.a
begin
archive 'int helper(void); int helper(void) { return 0; }'
expect 'helper is exported and not in' exports "$nm" libbroken.a
begin
archive 'int mio_poll_wait(void); int mio_poll_wait(void) { return 0; }'
echo 'MIO_API int mio_new(void);' >>"$tree/include/mio.h"
echo 'mio_gone' >>"$tree/tests/gates/symbols.txt"
expect 'mio_new is declared and not in' exports "$nm" libbroken.a
expect 'mio_gone is in .* and not declared' exports "$nm" libbroken.a

begin
archive 'int mio_poll_wait(void); int mio_poll_wait(void) { return 0; }'
echo 'mio_named_pipe_x windows' >>"$tree/tests/gates/symbols.txt"
echo '    mio_y' >>"$tree/src/mio.def"
echo 'mio_z macos' >>"$tree/tests/gates/symbols.txt"
expect 'mio_named_pipe_x is in .* for windows and not in src/mio.def' \
    exports "$nm" libbroken.a
expect 'mio_y is in src/mio.def and not in' exports "$nm" libbroken.a
expect 'mio_z macos is no line of' exports "$nm" libbroken.a

# ---- imports --------------------------------------------------------------

# What objdump says of two programs.
begin
printf '%s\n' '#!/bin/sh' "printf '\tDLL Name: KERNEL32.dll\n'" \
    "printf '\tDLL Name: libwinpthread-1.dll\n'" >"$tree/objdump"
chmod +x "$tree/objdump"
expect 'libwinpthread-1.dll is needed by' imports ./objdump program.exe
printf '#!/bin/sh\n' >"$tree/objdump"
expect 'no imports found in' imports ./objdump program.exe

# ---- undefined ------------------------------------------------------------

linux=tests/gates/libc-symbols.txt
begin
archive '#include <stdlib.h>
void *mio_a(void); void *mio_a(void) { return malloc(1); }'
expect 'malloc allocates memory' undefined "$nm" libbroken.a "$linux" epoll eventfd
begin
archive '#include <stdio.h>
void mio_a(void); void mio_a(void) { puts(""); }'
expect 'puts is called by the library and not allowed' \
    undefined "$nm" libbroken.a "$linux" epoll eventfd
expect 'epoll_ctl is allowed in .* and not called' \
    undefined "$nm" libbroken.a "$linux" epoll eventfd
begin
echo 'realloc maybe' >>"$tree/tests/gates/libc-symbols.txt"
archive 'int mio_a(void); int mio_a(void) { return 0; }'
expect 'realloc allocates memory' undefined "$nm" libbroken.a "$linux" epoll eventfd

# Windows: what comes from a DLL has a mark, on 32 bits more than one. This is
# what nm says there.
windows=tests/gates/windows-symbols.txt
begin
printf '%s\n' '#!/bin/sh' 'echo "         U __imp_HeapAlloc"' \
    'echo "0000000000000000 T mio_a"' >"$tree/nm"
chmod +x "$tree/nm"
expect 'HeapAlloc allocates memory' undefined ./nm mio.a "$windows" afd port
printf '%s\n' '#!/bin/sh' 'echo "         U __imp__CreateFileA@28"' \
    'echo "         U _malloc"' 'echo "00000000 T _mio_a"' >"$tree/nm"
expect 'CreateFileA is called by the library and not allowed' \
    undefined ./nm mio.a "$windows" afd port
expect 'malloc allocates memory' undefined ./nm mio.a "$windows" afd port

# macOS and the BSDs: new versions of a function have a mark too.
bsd=tests/gates/bsd-symbols.txt
begin
printf '%s\n' '#!/bin/sh' 'echo "         U _calloc\$DARWIN"' \
    'echo "         U _connect\$UNIX2003"' 'echo "00000000 T _mio_a"' >"$tree/nm"
chmod +x "$tree/nm"
expect 'calloc allocates memory' undefined ./nm mio.a "$bsd" kqueue user macos
grep -q 'FAILED: connect' "$scratch/out" && fail 'connect is not recognised'
printf '%s\n' '#!/bin/sh' 'echo "         U __realloc50"' \
    'echo "         U __socket30"' 'echo "00000000 T mio_a"' >"$tree/nm"
expect 'realloc allocates memory' undefined ./nm mio.a "$bsd" kqueue user netbsd
expect 'recvmmsg is allowed .* (kqueue user netbsd)' \
    undefined ./nm mio.a "$bsd" kqueue user netbsd
grep -q 'FAILED: socket ' "$scratch/out" && fail 'socket is not recognised'

# ---- state ----------------------------------------------------------------

begin
archive 'int mio_global = 1; static int zero; int *mio_a(void);
int *mio_a(void) { return &zero; }'
expect 'mio_global in .data is writable' state "$nm" libbroken.a
expect 'zero in .bss is writable' state "$nm" libbroken.a
begin
archive 'static _Thread_local int own; int *mio_a(void);
int *mio_a(void) { return &own; }'
expect 'own in .tbss is writable' state "$nm" libbroken.a
begin
archive '#include <pthread.h>
int mio_a(pthread_t *t, void *(*f)(void *));
int mio_a(pthread_t *t, void *(*f)(void *))
{ return pthread_create(t, 0, f, 0); }'
expect 'pthread_create starts a thread' state "$nm" libbroken.a
begin
archive 'int a(void) __asm__("__imp_CreateThread");
int mio_a(void); int mio_a(void) { return a(); }'
expect 'CreateThread starts a thread' state "$nm" libbroken.a windows
# macOS, as nm tells it.
begin
printf '%s\n' '#!/bin/sh' \
    'echo "00000000 (__TEXT,__text) external _mio_a"' \
    'echo "00000010 (__DATA,__const) non-external _constant"' \
    'echo "00000020 (__DATA,__data) non-external _counter"' \
    'echo "00000004 (common) (alignment 2^2) external _shared"' >"$tree/nm"
chmod +x "$tree/nm"
expect 'counter in __DATA,__data is writable' state ./nm mio.a macos
expect 'shared in common is writable' state ./nm mio.a macos
grep -q 'FAILED: constant' "$scratch/out" && fail 'a constant is no state'

# ---- headers --------------------------------------------------------------

# Two headers are enough.
begin_headers() {
    begin
    rm -r "$tree/include/mio" "$tree/include/mio.h"
    mkdir "$tree/include/mio"
    cp include/mio/base.h include/mio/error.h "$tree/include/mio/"
    cp include/mio/base.h "$tree/include/mio.h"
}

# Adds a line to base.h, before the #endif at its end.
add_to_base() {
    {
        sed '$d' include/mio/base.h
        printf '%s\n#endif\n' "$1"
    } >"$tree/include/mio/base.h"
}

begin_headers
add_to_base 'static inline int mio_narrow(long x) { return x; }'
expect 'include/mio/base.h with [a-z]* -std=c11' headers
if have g++ || have clang++; then
    begin_headers
    add_to_base 'static inline int *mio_cpp(void *p) { return p; }'
    expect 'include/mio/base.h with [a-z]*++ -std=c++11' headers
fi
begin_headers
sed '/#include "mio\/base.h"/d' include/mio/error.h \
    >"$tree/include/mio/error.h"
expect 'include/mio/error.h with ' headers

# ---- limits ---------------------------------------------------------------

# Without the library's own sources.
begin_empty() {
    begin
    find "$tree" -name '*.[ch]' -exec rm {} +
}

begin_empty
{
    printf 'static int mio__long(int x)\n{\n'
    i=0
    while [ "$i" -lt 68 ]; do
        echo '    x++;'
        i=$((i + 1))
    done
    printf '    return x;\n}\n'
} >"$tree/src/long.c"
expect 'src/long.c:1: a function of 72 lines' limits
begin_empty
i=0
while [ "$i" -lt 501 ]; do
    echo '/* line */'
    i=$((i + 1))
done >"$tree/src/long.c"
expect 'src/long.c has 501 lines' limits
for call in 'malloc(1)' 'x = printf("")' 'strerror(1)' 'alloca(1)' 'abort()' \
    'HeapAlloc(h, 0, 1)' 'Sleep(1)'; do
    begin_empty
    printf 'void f(void)\n{\n    %s;\n}\n' "$call" >"$tree/src/sys/bad.c"
    expect 'src/sys/bad.c:3:.*banned' limits
done
for call in 'close(1)' 'x = socket(1)' 'accept (1)' 'WSARecv(s)' \
    'x = GetLastError()'; do
    begin_empty
    printf 'void f(void)\n{\n    %s;\n}\n' "$call" >"$tree/src/bad.c"
    expect 'src/bad.c:3:.*a system call outside' limits
done
begin_empty
printf 'void f(void)\n{\n#ifdef __linux__\n    g();\n#endif\n}\n' \
    >"$tree/src/bad.c"
expect 'src/bad.c:3: a condition of the preprocessor' limits

# ---- listed ---------------------------------------------------------------

for file in src/forgotten.c tests/forgotten.c examples/forgotten.c; do
    begin
    : >"$tree/$file"
    expect "$file is in no list" listed
done

# ---- plain_build ----------------------------------------------------------

begin
echo 'int mio__broken(void) { return }' >"$tree/src/broken.c"
expect 'do not compile without CMake' plain_build "$cc"
begin
{
    printf 'extern const char mio__big[];\nconst char mio__big[] = {\n'
    i=0
    while [ "$i" -lt 5000 ]; do
        echo '1,2,3,4,5,6,7,8,9,'
        i=$((i + 1))
    done
    echo '};'
} >"$tree/src/big.c"
case $("$cc" -dumpmachine) in
x86_64-*) expect 'bytes, not below' plain_build "$cc" ;;
esac

# ---- format ---------------------------------------------------------------

begin_empty
printf 'int  f( void ) { return 0 ; }\n' >"$tree/src/bad.c"
expect 'src/bad.c: ' format

# ---- docs -----------------------------------------------------------------

begin
mkdir -p "$tree/docs"
echo 'See [this](nowhere.md) and `mio_imaginary_call`.' >"$tree/docs/bad.md"
expect 'docs/bad.md: no such file: nowhere.md' docs
expect 'docs/bad.md:1: there is no mio_imaginary_call' docs
begin
mkdir -p "$tree/docs"
printf '# One\n[a](#one)\n[b](#two)\n' >"$tree/docs/bad.md"
expect 'docs/bad.md: no such heading: #two' docs
begin
mkdir -p "$tree/docs"
echo 'mio_poll_close' >"$tree/docs/mio-map.md"
expect 'mio_poll_wait is not in docs/mio-map.md' docs

cd "$top" || exit 1
finish "$cases cases"
