# Means of one cluster of countries, each country weighed by its population.
#
#   awk -f aggregate.awk CLUSTER ROWS.tsv... TREND.tsv...
#
# ROWS.tsv is what extract.awk writes and TREND.tsv what fit.awk writes, one of each for each country of the cluster; a
# file's line of names tells which it is. Writes a row a year: how many countries, their population, their mean life
# expectancy; and last the year of the forecasts, weighed by the last population known.

BEGIN {
    FS = OFS = "\t"
    cluster = ARGV[1]
    ARGV[1] = ""                        # no file of that name is to be read
}

FNR == 1 { trend = ($1 == "country"); next }

trend {
    if ($2 != cluster) fail(FILENAME " is of cluster " $2 " and not of " cluster)
    horizon = $10
    add("forecast", $12, $11)
    next
}

{
    if (!($1 in countries)) years[++n] = $1
    add($1, $2, $3)
}

END {
    if (failed) exit failed
    print "cluster", "year", "countries", "pop", "life_expect"
    sort_years()
    for (i = 1; i <= n; i++) show(years[i], years[i])
    if ("forecast" in countries) show("forecast", horizon)
}

function add(key, people, life) {
    countries[key]++
    pop[key] += people
    sum[key] += people * life
}

# "%.0f", since "%d" ends at 2^31 in some awks.
function show(key, year) {
    print cluster, year, countries[key], sprintf("%.0f", pop[key]), sprintf("%.8f", sum[key] / pop[key])
}

function sort_years(    i, j, year) {
    for (i = 2; i <= n; i++) {
        year = years[i]
        for (j = i - 1; j >= 1 && years[j] + 0 > year + 0; j--) years[j + 1] = years[j]
        years[j + 1] = year
    }
}

function fail(what) {
    print "aggregate.awk: " what | "cat 1>&2"
    close("cat 1>&2")
    failed = 1
    exit 1
}
