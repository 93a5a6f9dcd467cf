#!/bin/sh
# Compares the timers of libmio with those of libev, libevent and libuv, as far
# as they are installed, and prints tables. Linux. See timers.h for the rows.
#
#   sh benches/timers.sh [COUNT [ROUNDS]]
#
# Times are nanoseconds of the processor per operation with COUNT timers:
# medians of interleaved rounds. With valgrind there are instructions too, with
# a tenth of the timers; they are exact.
# shellcheck source=benches/measure
. "$(dirname "$0")/measure"
count=${1:-1000000}
rounds=${2:-5}
build_contenders benches
rows='arm arm-wait rearm cancel expire expire-steps fifo idle'
contenders=
for name in mio libev libevent libuv; do
    if [ -x "$bin/bench_timers_$name" ]; then
        contenders="$contenders $name"
    else
        echo "no $name: it is left out"
    fi
done

# Prints a line of a table, and the best of the others in units of libmio's.
line() { # NAME FIGURE ...
    printf '%-14s' "$1"
    shift
    printf ' %10s' "$@"
    [ $# -lt 2 ] || printf '%s\n' "$@" | awk '
        NR == 1 { mio = $1 }
        NR == 2 || NR > 2 && $1 < best { best = $1 }
        END { printf " %9.2fx", best / mio }'
    echo
}

median_of() { # ROW CONTENDER
    sort -n "$work/$1.$2" |
        awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

# Runs a workload once and prints the instructions in the functions (or what the
# compiler has made of them: FUNCTION.constprop.0), and the
# operations.
counted() { # ROW CONTENDER FUNCTION ...
    row=$1
    program=$bin/bench_timers_$2
    shift 2
    toggles=
    for name in "$@"; do
        toggles="$toggles --toggle-collect=$name*"
    done
    # shellcheck disable=SC2086 # words
    valgrind --tool=callgrind --callgrind-out-file="$work/callgrind" $toggles \
        "$program" "$row" $((count / 10)) once \
        >"$work/operations" 2>"$work/valgrind.log" || {
        cat "$work/valgrind.log" >&2
        return 1
    }
    sed -n 's/^totals: //p' "$work/callgrind"
    awk '{ print $2 }' "$work/operations"
}

instructions_of() { # ROW CONTENDER
    case $1 in
    arm-wait) set -- "$@" measured_arm measured_turn ;;
    expire*) set -- "$@" measured_expire ;;
    *) set -- "$@" "measured_$1" ;;
    esac
    {
        counted "$@"
        shift
        counted none "$@"
    } | awk '{ a[NR] = $1 } END { printf "%.0f\n", (a[1] - a[3]) / a[2] }'
}

round=0
while [ "$round" -lt "$rounds" ]; do
    for row in $rows; do
        for name in $contenders; do
            "$bin/bench_timers_$name" "$row" "$count" |
                awk '{ print $1 }' >>"$work/$row.$name"
        done
    done
    round=$((round + 1))
done
# shellcheck disable=SC2086,SC2046 # words
{
    printf '%-14s' "ns"
    printf ' %10s' $contenders
    printf '\n'
    for row in $rows; do
        line "$row" $(for name in $contenders; do median_of "$row" "$name"; done)
    done
    command -v valgrind >/dev/null || {
        echo "no valgrind: instructions are not counted"
        exit 0
    }
    printf '%-14s' "instructions"
    printf ' %10s' $contenders
    printf '\n'
    for row in $rows; do
        line "$row" \
            $(for name in $contenders; do instructions_of "$row" "$name"; done)
    done
}
