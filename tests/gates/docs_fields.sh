#!/bin/sh
# docs_fields.sh: each public function of the headers is documented, with all
# fields. Also those that are inline.
. "$(dirname "$0")/gate.sh"

for header in include/mio.h include/mio/*.h; do
    awk -v header="$header" '
    function say(what) { print header ":" NR ": " name " " what }
    function check() {
        functions++
        if (comment == "" && name in documented) return # its other form
        documented[name] = 1
        if (comment !~ /^\/\*\* [A-Z]/) { say("has no documentation"); return }
        summary = comment # its first paragraph
        sub(/\n \*\n.*/, "", summary)
        if (summary !~ /\./) say("does not begin with a sentence")
        if (comment ~ /@return/) {
            if (text ~ /^(MIO_API|static inline) void [a-z]/)
                say("returns nothing and has @return")
        } else if (text !~ /^(MIO_API|static inline) void [a-z]/)
            say("has no @return")
        if (comment !~ /\n \*  @threads (any|io|one|as mio_)/) say("has no @threads")
        if (comment !~ /\n \*  @memory  [^ ]/) say("has no @memory")
        if (comment !~ /\n \*  @mio     [^ ]/) say("has no @mio")
    }
    /^\/\*/ { comment = $0; inside = !/\*\//; fresh = 1; next }
    inside { comment = comment "\n" $0; if (/\*\//) inside = 0; next }
    /^(MIO_API|MIO_INLINE|static inline) / { taking = 1; text = "" }
    taking {
        text = text (text == "" ? "" : " ") $0
        if (match(text, /mio_[a-z0-9_]+\(/)) {
            name = substr(text, RSTART, RLENGTH - 1)
            check()
            taking = 0
            comment = ""
        }
        next
    }
    NF && !/^#/ { comment = "" } # a condition may stand between
    END { print functions + 0 " functions" }
    ' "$header" >"$scratch/out"
    sed '$d' "$scratch/out" | fail_lines
    tail -n 1 "$scratch/out" >>"$scratch/counts"
done

total=$(awk '{ n += $1 } END { print n + 0 }' "$scratch/counts")
[ "$total" -gt 0 ] || fail "no functions found in the headers"
finish "$total functions"
