# shellcheck shell=sh
# gate.sh: what the gates share; sourced by each of them.
#
# A gate is a rule about the sources or the built library, checked by a test.
# It ends with status 0, 1 (broken, with a line for each place) or 77 (skipped,
# with the reason). Paths are relative to the top of the sources, where it
# runs. tests/gates/selftest.sh shows that each one can fail.

set -u
LC_ALL=C
export LC_ALL

# A directory of the gate's own, removed at its end.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/mio-gate.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# One breach of the rule. Kept in a file, so that subshells count too.
fail() {
    printf 'FAILED: %s\n' "$*" | tee -a "$scratch/breaches" >&2
}

# Every line of standard input, with an ending, is a breach.
fail_lines() {
    while IFS= read -r line; do
        fail "$line${1:-}"
    done
}

skip() {
    printf 'skipped: %s\n' "$*"
    exit 77
}

# Ends the gate; says what has been looked at.
finish() {
    if [ -s "$scratch/breaches" ]; then
        printf '%s breaches\n' "$(wc -l <"$scratch/breaches")" >&2
        exit 1
    fi
    printf 'ok: %s\n' "$*"
    exit 0
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# A C file without comments, strings and character constants; lines stay.
strip_c() {
    awk '
    {
        out = ""
        n = length($0)
        for (i = 1; i <= n; i++) {
            c = substr($0, i, 1)
            two = substr($0, i, 2)
            if (comment) {
                if (two == "*/") { comment = 0; i++; out = out " " }
            } else if (quote != "") {
                if (c == "\\") i++
                else if (c == quote) { quote = ""; out = out c }
            } else if (two == "/*") {
                comment = 1; i++
            } else if (two == "//") {
                break
            } else if (c == "\"" || c == "\047") {
                quote = c; out = out c
            } else {
                out = out c
            }
        }
        quote = ""
        print out
    }' "$1"
}

# The exported functions that the public headers declare, one a line.
declared_functions() {
    cat include/mio.h include/mio/*.h | awk '
    /^(MIO_API|MIO_INLINE) / { taking = 1; text = "" }
    taking {
        text = text " " $0
        if (match(text, /mio_[a-z0-9_]+\(/)) {
            print substr(text, RSTART, RLENGTH - 1)
            taking = 0
        }
    }' | sort -u
}

# From nm's lines (ADDRESS TYPE NAME, or TYPE NAME) the names of those whose
# TYPE matches an expression of awk, as they are in C: without the underscore
# and the bytes of arguments that 32-bit Windows adds, and without the mark of
# what comes from a DLL.
plain_names() { # TYPE
    awk -v type="^($1)\$" '
    NF == 2 || NF == 3 {
        name = $NF
        sub(/^__imp_/, "", name)
        if (name ~ /^_mio_/) underscore = 1
        if ($(NF - 1) ~ type) names[++count] = name
    }
    END {
        for (i = 1; i <= count; i++) {
            name = names[i]
            if (underscore) sub(/^[_@]/, "", name)
            sub(/@.*/, "", name)
            print name
        }
    }'
}
