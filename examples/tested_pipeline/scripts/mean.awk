{ sum += $1 }
END { printf "%.4f\n", sum / NR }
