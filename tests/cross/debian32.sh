#!/bin/sh
# debian32.sh ROOT SHARED COMMAND [ARGUMENT ...]: runs a command while ROOT
# holds a 32-bit Debian with Wine in it, which sees this machine's directory
# SHARED under the same name: "chroot ROOT wine SHARED/program.exe". Makes the
# Debian if it is not there. Needs root's rights and debootstrap. Ends with the
# command's status, or with 77 if there can be no such thing here.
#
# 32-bit Wine could be installed beside the 64-bit one, but not while the
# versions of what both need differ.
set -u
if [ $# -lt 3 ]; then
    echo "usage: debian32.sh ROOT SHARED COMMAND ..." >&2
    exit 2
fi
root=$1
shared=$2
shift 2

if [ ! -f "$root/.complete" ]; then
    rm -rf "$root"
    mirror=$(awk '/^URIs:/ { print $2; exit }' \
        /etc/apt/sources.list.d/debian.sources 2>/dev/null)
    [ -n "$mirror" ] || mirror=$(awk '$1 == "deb" {
        print ($2 ~ /^\[/) ? $4 : $2; exit }' /etc/apt/sources.list)
    timeout 600 debootstrap --arch=i386 --variant=minbase \
        --include=wine,wine32 bookworm "$root" "$mirror" || exit 77
    : >"$root/.complete"
fi

unmount() {
    umount "$root$shared" "$root/proc" 2>/dev/null
}
trap unmount EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$root$shared"
mount -t proc proc "$root/proc" && mount --bind "$shared" "$root$shared" ||
    exit 77
"$@"
