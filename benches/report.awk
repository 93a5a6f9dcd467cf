# report.awk: a table of what results.csv has, as Markdown. A row is a workload,
# a column a contender, a cell the median of the rounds.
#
#   group, metrics   which results
#   order            of the contenders; the first is what others are compared to
#   format           of a number
#   ratio            cells are the medians of each round's ratio to the first
#                    contender, and of that one the number itself
#   plain            for gnuplot: no title, words in place of cells, and only
#                    the rows of this list: "row=label;row=label"

function median(list, n,    i, j, x) { # sorts the list
    for (i = 2; i <= n; i++) {
        x = list[i]
        for (j = i - 1; j >= 1 && list[j] > x; j--)
            list[j + 1] = list[j]
        list[j + 1] = x
    }
    return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# The cell of a row and a contender, or "" if there is none.
function cell(row, c,    list, n, i, r, x) {
    n = 0
    for (i = 1; i <= rounds[row, name[c]]; i++) {
        r = round[row, name[c], i]
        x = value[row, name[c], r]
        if (!ratio || (c == 1 && !plain)) {
            list[++n] = x
        } else if (value[row, name[1], r] > 0) {
            list[++n] = x / value[row, name[1], r]
        }
    }
    if (n == 0)
        return ""
    x = median(list, n)
    if (ratio && c > 1 && row ~ /^pingpong-[^w]/) {
        logs[c] += log(x)
        logged[c]++
    }
    return sprintf(ratio && (c > 1 || plain) ? "%.3f" : format, x)
}

BEGIN {
    split(metrics, list, " ")
    for (i in list)
        wanted[list[i]] = 1
    single = !(2 in list)
    if (format == "")
        format = "%.2f"
    plain_count = split(plain, list, ";")
    for (i = 1; i <= plain_count; i++) {
        split(list[i], pair, "=")
        plain_name[i] = pair[1]
        label[pair[1]] = pair[2]
    }
}

NR > 1 && $2 == group && ($7 in wanted) {
    row = $4 " " $5 ($6 == 1 && $4 !~ /ping/ ? "" : "/" $6)
    if (!single)
        row = group == "memory" ? $7 : row " " $7
    if (!(row in row_number)) {
        row_number[row] = ++row_count
        row_name[row_count] = row
    }
    there[$3] = 1
    c = $3
    if (!((row, c, $1) in value))
        round[row, c, ++rounds[row, c]] = $1
    value[row, c, $1] = $8
}

END {
    if (row_count == 0)
        exit
    n = split(order, list, " ")
    for (i = 1; i <= n; i++)
        if (list[i] in there)
            name[++column_count] = list[i]
    separator = plain ? " " : " | "
    if (!plain)
        printf "\n%s\n\n", title
    line = plain ? "workload" : "| "
    for (c = 1; c <= column_count; c++)
        line = line separator name[c]
    print line (plain ? "" : " |")
    if (!plain) {
        line = "|---|"
        for (c = 1; c <= column_count; c++)
            line = line "---:|"
        print line
    }
    for (i = 1; i <= (plain ? plain_count : row_count); i++) {
        row = plain ? plain_name[i] : row_name[i]
        if (!(row in row_number))
            continue
        line = plain ? "\"" label[row] "\"" : "| " row
        for (c = 1; c <= column_count; c++) {
            text = cell(row, c)
            line = line separator (text == "" ? (plain ? "?" : "–") : text)
        }
        print line (plain ? "" : " |")
    }
    if (ratio && !plain && logged[2] > 1) {
        line = "| geometric mean of pingpong | 1"
        for (c = 2; c <= column_count; c++)
            line = line separator \
                (logged[c] ? sprintf("%.3f", exp(logs[c] / logged[c])) : "–")
        print line " |"
    }
}
