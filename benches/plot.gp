# plot.gp: draws plot.svg of what run.sh has put into `directory`; with `times`
# there are times too.
set terminal svg size 900,times ? 800 : 420 font "sans-serif,13" \
    background "#ffffff"
set output directory."/plot.svg"
set datafile missing "?"
set style data histograms
set style histogram clustered gap 1
set style fill solid 1 noborder
set boxwidth 0.9 relative
set grid ytics linecolor "#dddddd" linetype 1
set border 1 linecolor "#666666"
set tics nomirror textcolor "#333333"
set xtics scale 0
set bmargin 3.5
set xrange [-0.6:5.6]
set linetype 1 linecolor "#999999"
set linetype 2 linecolor "#0b63b5"
set linetype 3 linecolor "#e08214"
set linetype 4 linecolor "#5aae61"
set linetype 5 linecolor "#9970ab"
set linetype 6 linecolor "#d6604d"

bars(file) = directory."/".file.".dat"
columns(file) = int(system("head -n 1 '".bars(file)."' | wc -w"))

set multiplot layout times ? 2 : 1,1
set key top left horizontal Left reverse samplen 1
set title "Instructions in user space, for one operation"
set logscale y
set yrange [10:2000]
plot for [i=2:columns("instructions")] bars("instructions") \
    using i:xtic(1) title columnheader(i) linetype i-1
if (times) {
    unset logscale
    unset key
    set yrange [0:1.5]
    set title "Time of an event in ping-pong, hand-written epoll = 1"
    plot for [i=2:columns("times")] bars("times") \
        using i:xtic(1) title columnheader(i) linetype i-1, \
        1 notitle with lines linecolor "#333333" dashtype 2
}
unset multiplot
