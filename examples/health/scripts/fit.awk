# Fits a straight line through one country's life expectancy, by least squares, and follows it to a later year.
#
#   awk -f fit.awk COUNTRY CLUSTER HORIZON ROWS.tsv
#
# ROWS.tsv is what extract.awk writes. Writes one row under a line of names: what was observed in the first and the last
# year and the gain between them, the slope in years a year, the residual standard error (with n - 2 degrees of freedom),
# and the line's value in the year HORIZON.

BEGIN {
    FS = OFS = "\t"
    country = ARGV[1]; cluster = ARGV[2]; horizon = ARGV[3]
    ARGV[1] = ARGV[2] = ARGV[3] = ""    # no files of these names are to be read
}

FNR == 1 { next }

{ n++; x[n] = $1; pop[n] = $2; y[n] = $3 }

END {
    if (n < 3) fail("`" country "` has " n + 0 " observations, and a line with its error takes 3")
    first = last = 1
    for (i = 1; i <= n; i++) {
        mean_x += x[i] / n
        mean_y += y[i] / n
        if (x[i] < x[first]) first = i
        if (x[i] > x[last]) last = i
    }
    # Around the means: years squared would eat the digits that the slope is made of.
    for (i = 1; i <= n; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x)
        xy += (x[i] - mean_x) * (y[i] - mean_y)
    }
    if (xx == 0) fail("`" country "` has observations of one year only")
    slope = xy / xx
    for (i = 1; i <= n; i++) {
        residual = y[i] - mean_y - slope * (x[i] - mean_x)
        squares += residual * residual
    }

    print "country", "cluster", "first_year", "first", "last_year", "last", "gain", \
        "slope", "residual_se", "horizon", "forecast", "pop"
    print country, cluster, x[first], y[first], x[last], y[last], sprintf("%.3f", y[last] - y[first]), \
        sprintf("%.8f", slope), sprintf("%.8f", root(squares / (n - 2))), \
        horizon, sprintf("%.8f", mean_y + slope * (horizon - mean_x)), pop[last]
}

# The square root, by Newton's method from above: busybox is often built without `sqrt` and `^`.
function root(square,    r, last) {
    if (square <= 0) return 0
    r = square > 1 ? square : 1
    do {
        last = r
        r = (r + square / r) / 2
    } while (r < last)
    return r
}

function fail(what) {
    print "fit.awk: " what | "cat 1>&2"
    close("cat 1>&2")
    exit 1
}
