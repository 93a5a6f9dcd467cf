#!/bin/sh
# wine.sh DIRECTORY COMMAND [ARGUMENT ...]: runs a command, such as ctest, in
# surroundings in which Windows programs can be run by Wine: a prefix of its
# own in DIRECTORY, made if it is not there, set to Windows 10, with Wine's
# server running. Ends with the command's status; 77 if there is no Wine.
# With MIO_WINE_ROOT it is the Wine of the Debian in that directory: see
# debian32.sh.
#
# Wine's processes must not inherit what ctest reads, or it waits for them for
# ever: hence the redirections, and the warm-up before the command.
set -eu
if [ $# -lt 2 ]; then
    echo "usage: wine.sh DIRECTORY COMMAND [ARGUMENT ...]" >&2
    exit 2
fi
directory=$1
shift

# A command where Wine is.
there() {
    if [ -n "${MIO_WINE_ROOT:-}" ]; then
        chroot "$MIO_WINE_ROOT" "$@"
    else
        "$@"
    fi
}
is_there() {
    there sh -c 'command -v "$1"' sh "$1" >/dev/null 2>&1
}

wine=
for candidate in wine wine64 /usr/lib/wine/wine64; do
    if is_there "$candidate"; then
        wine=$candidate
        break
    fi
done
if [ -z "$wine" ] || ! is_there wineserver; then
    echo "skipped: there is no Wine here"
    exit 77
fi

mkdir -p "$directory"
WINEPREFIX=$(cd "$directory" && pwd)
export WINEPREFIX
export WINEDEBUG=-all # its own messages are for Wine's developers
# No Mono, no browser engine; and no debugger: a crash just ends the program.
export WINEDLLOVERRIDES='mscoree,mshtml=;winedbg.exe=d'
unset DISPLAY # no window is opened

stop() {
    there wineserver -k </dev/null >/dev/null 2>&1 || true
    there wineserver -w </dev/null >/dev/null 2>&1 || true
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

# Wine's own start has been seen to hang; a time limit ends that.
quiet() {
    there timeout 180 "$@" </dev/null >/dev/null 2>&1
}

quiet wineserver -p || true # fails if it is running already
if [ ! -f "$WINEPREFIX/.mio-windows-10" ]; then
    quiet "$wine" wineboot -u
    quiet "$wine" reg add 'HKCU\Software\Wine' /v Version /d win10 /f
    : >"$WINEPREFIX/.mio-windows-10"
else
    quiet "$wine" wineboot
fi

status=0
"$@" || status=$?
exit "$status"
