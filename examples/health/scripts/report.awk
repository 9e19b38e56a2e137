# The report: countries ranked by what they gained, then the clusters.
#
#   awk -f report.awk TREND.tsv... MEANS.tsv...
#
# TREND.tsv is what fit.awk writes and MEANS.tsv what aggregate.awk writes; a file's line of names tells which it is.

BEGIN { FS = "\t" }

FNR == 1 { trend = ($1 == "country"); next }

trend {
    line[++n] = $0
    gain[n] = $7 + 0
    name[n] = $1 ""
    from = $3; to = $5; horizon = $10
    next
}

{
    if (!($1 in size)) cluster[++m] = $1
    size[$1] = $3
    mean[$1, $2] = $5
    pop[$1, $2] = $4
}

END {
    for (i = 1; i <= n; i++) rank[i] = i
    for (i = 2; i <= n; i++) {
        moved = rank[i]
        for (j = i - 1; j >= 1 && before(moved, rank[j]); j--) rank[j + 1] = rank[j]
        rank[j + 1] = moved
    }

    print "Life expectancy at birth, in years. Gain: the last year observed minus the first, " from " to " to "."
    print "Trend: the slope of a least-squares line, in years a decade; error: its residual standard error."
    print ""
    printf "%4s  %-20s %7s %7s %7s %7s %7s %7s %9s\n", \
        "rank", "country", "cluster", from, to, "gain", "trend", "error", horizon " est."
    for (i = 1; i <= n; i++) {
        split(line[rank[i]], f, "\t")
        printf "%4d  %-20s %7s %7.2f %7.2f %+7.2f %+7.2f %7.2f %9.2f\n", \
            i, f[1], f[2], f[4], f[6], f[7], f[8] * 10, f[9], f[11]
    }

    print ""
    print "Clusters: means weighed by population."
    print ""
    printf "%7s %9s %14s %7s %7s %7s %9s\n", \
        "cluster", "countries", "pop. " to, from, to, "gain", horizon " est."
    for (i = 1; i <= m; i++) {
        c = cluster[i]
        printf "%7s %9d %14.0f %7.2f %7.2f %+7.2f %9.2f\n", \
            c, size[c], pop[c, to], mean[c, from], mean[c, to], mean[c, to] - mean[c, from], mean[c, horizon]
    }
}

# Whoever gained more comes first; of equals, by name.
function before(a, b) {
    return gain[a] != gain[b] ? gain[a] > gain[b] : name[a] < name[b]
}
