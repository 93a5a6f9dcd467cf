# setup.sh: installs what the two commands of the README need, if it is not
# there; sourced by tests/run.sh and examples/demo.sh.
#
#   setup            a C compiler, CMake and a build tool
#   setup cmocka     the test framework too
#
# Knows apt (Debian, Ubuntu), dnf (Fedora), apk (Alpine), brew (macOS), pkg
# (FreeBSD, DragonFly) and pkg_add (OpenBSD, NetBSD). Asks for root's rights by
# sudo or doas where it needs them.
# shellcheck shell=sh

have() {
    command -v "$1" >/dev/null 2>&1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    elif have doas; then
        doas "$@"
    else
        echo "setup: root's rights are needed to run: $*" >&2
        return 1
    fi
}

# A compiler alone is not enough: its headers are a package of their own.
have_cc() {
    for setup_cc in "${CC:-cc}" gcc clang; do
        if echo '#include <stdio.h>' |
            "$setup_cc" -x c -fsyntax-only - >/dev/null 2>&1; then
            return 0
        fi
    done
    return 1
}

have_cmocka() {
    echo '#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>' >"${TMPDIR:-/tmp}/mio-setup.$$.c"
    "${CC:-cc}" -I/usr/local/include -I/opt/homebrew/include \
        -I/usr/pkg/include -fsyntax-only \
        "${TMPDIR:-/tmp}/mio-setup.$$.c" >/dev/null 2>&1
    setup_status=$?
    rm -f "${TMPDIR:-/tmp}/mio-setup.$$.c"
    return "$setup_status"
}

setup() {
    setup_cmocka=${1:-}
    if have_cc && have cmake && { have make || have ninja; } &&
        { [ -z "$setup_cmocka" ] || have_cmocka; }; then
        return 0
    fi
    echo "setup: installing what is missing" >&2
    if have apt-get; then
        as_root apt-get update -qq &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq \
                --no-install-recommends gcc libc6-dev cmake make \
                ${setup_cmocka:+libcmocka-dev} >/dev/null
    elif have dnf; then
        as_root dnf install -q -y gcc cmake make ${setup_cmocka:+libcmocka-devel}
    elif have apk; then
        as_root apk add -q gcc musl-dev cmake make ${setup_cmocka:+cmocka-dev}
    elif have brew; then
        brew install -q cmake ${setup_cmocka:+cmocka}
    elif have pkg; then
        as_root pkg install -q -y cmake ${setup_cmocka:+cmocka}
    elif have pkg_add; then
        as_root pkg_add cmake ${setup_cmocka:+cmocka}
    else
        echo "setup: no known package manager; install a C compiler, CMake" \
            "3.21 or later, make${setup_cmocka:+ and cmocka}" >&2
        return 1
    fi
}

# Processors, for parallel builds.
jobs_count() {
    nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2
}
