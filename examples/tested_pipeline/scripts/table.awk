# One line a file: its name, and what is in it.
{ name = FILENAME; sub(".*/", "", name); sub("\\.txt$", "", name); print name, $1 }
