# Takes the rows of one country out of the survey.
#
#   awk -f extract.awk COUNTRY SURVEY.csv
#
# Writes year, population and life expectancy, separated by tabs, under a line of names. The country is an operand and no
# `-v` variable, since awk would read backslashes in the value of one.

BEGIN {
    OFS = "\t"
    country = ARGV[1]
    ARGV[1] = ""                        # no file of that name is to be read
    print "year", "pop", "life_expect"
}

{ sub(/\r$/, "") }

NR == 1 {
    split_csv($0, names)
    for (i in names) column[names[i]] = i
    split("country year pop life_expect", needed, " ")
    for (i in needed) if (!(needed[i] in column)) fail("the survey has no column `" needed[i] "`")
    next
}

$0 != "" {
    split_csv($0, field)
    # "" makes it a comparison of texts: a country may be called 1e3.
    if (field[column["country"]] "" != country "") next
    print field[column["year"]], field[column["pop"]], field[column["life_expect"]]
    found++
}

END {
    if (!failed && !found) fail("the survey has no country `" country "`")
    exit failed
}

# Cuts a line at its commas, but for those in double quotes; a doubled quote in quotes is a quote.
function split_csv(line, field,    n, i, c, quoted) {
    for (n in field) delete field[n]
    n = 1
    field[1] = ""
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (c == "\"" && quoted && substr(line, i + 1, 1) == "\"") { field[n] = field[n] c; i++ }
        else if (c == "\"") quoted = !quoted
        else if (c == "," && !quoted) field[++n] = ""
        else field[n] = field[n] c
    }
    if (quoted) fail("line " NR " of the survey ends inside a quoted field")
    return n
}

function fail(what) {
    print "extract.awk: " what | "cat 1>&2"
    close("cat 1>&2")
    failed = 1
    exit 1
}
