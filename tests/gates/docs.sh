#!/bin/sh
# docs.sh: relative links in the documents lead somewhere, and the documents
# name only functions that exist; docs/mio-map.md names all of them.
. "$(dirname "$0")/gate.sh"

find . -name '*.md' -not -path './build*' -not -path './.git/*' | sort |
    sed 's|^\./||' >"$scratch/documents"
[ -s "$scratch/documents" ] || skip "there are no documents"

# Headings become anchors: lower case, punctuation gone, spaces to hyphens.
anchors() {
    awk '/^```/ { code = !code } !code && /^#+ /' "$1" |
        sed -e 's/^#* *//' -e 's/`//g' | tr 'A-Z ' 'a-z-' |
        sed -e 's/[^a-z0-9_-]//g'
}

links=0
while IFS= read -r document; do
    # One link a line; none in code.
    awk '/^ *```/ { code = !code; next }
    !code {
        gsub(/`[^`]*`/, "")
        while (match($0, /\]\([^)]*\)/)) {
            print substr($0, RSTART + 2, RLENGTH - 3)
            $0 = substr($0, RSTART + RLENGTH)
        }
    }' "$document" | grep -v '^[a-z][a-z]*:' >"$scratch/links"
    while IFS= read -r link; do
        links=$((links + 1))
        path=${link%%#*}
        target=$document
        [ -z "$path" ] || target=$(dirname "$document")/$path
        if [ ! -e "$target" ]; then
            fail "$document: no such file: $link"
            continue
        fi
        case $link in
        *.md#* | '#'*)
            anchors "$target" | grep -qx -- "${link#*#}" ||
                fail "$document: no such heading: $link"
            ;;
        esac
    done <"$scratch/links"
done <"$scratch/documents"

# What the headers declare: functions, types, members, macros.
cat include/mio.h include/mio/*.h |
    grep -oE '\b(mio|MIO)_[A-Za-z0-9_]+\b' | sort -u >"$scratch/names"
grep -hoE 'X\([A-Z_]+' include/mio/error.h | sed 's/X(/MIO_ERR_/' \
    >>"$scratch/names"
# What the build and the private headers declare.
grep -hoE '\bMIO_[A-Z_]+\b' CMakeLists.txt tests/CMakeLists.txt |
    sort -u >>"$scratch/names"
grep -rhoE '\b(mio|MIO)_[A-Za-z0-9_]+\b' src | sort -u >>"$scratch/names"
sort -u -o "$scratch/names" "$scratch/names"
while IFS= read -r document; do
    grep -onE '(mio|MIO)_[A-Za-z0-9_]+[A-Za-z0-9*]' "$document" |
        grep -v '\*$' | sort -u -t: -k2 | while IFS=: read -r line name; do
        grep -qx -- "$name" "$scratch/names" ||
            fail "$document:$line: there is no $name"
    done
done <"$scratch/documents"

map=docs/mio-map.md
if [ -f "$map" ]; then
    grep -oE 'mio_[a-z0-9_]+' "$map" | sort -u >"$scratch/mapped"
    # Names that end in an underscore are the library's own.
    declared_functions | grep -v '_$' | comm -23 - "$scratch/mapped" |
        fail_lines " is not in $map"
else
    fail "there is no $map"
fi

finish "$(wc -l <"$scratch/documents") documents, $links links"
