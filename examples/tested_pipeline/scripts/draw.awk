# A hundred numbers around the number of the site.
BEGIN {
    srand(site)
    for (i = 0; i < 100; i++) printf "%.4f\n", site + rand() - 0.5
}
