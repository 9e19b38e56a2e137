//! "Did you mean".

/// The candidate that `word` was probably meant to be: the nearest by edits, at most one for each three letters.
///
/// Names under three letters get none that differs, but in upper and lower case: everything short is near everything short.
/// Of equally near ones the first is taken; upper and lower case are the same.
///
/// ```
/// use jobmon_syntax::suggest::did_you_mean;
///
/// assert_eq!(did_you_mean("memroy", ["command", "memory", "runtime"]), Some("memory"));
/// assert_eq!(did_you_mean("X", ["y", "x"]), Some("x"));
/// assert_eq!(did_you_mean("c", ["a", "b"]), None);
/// ```
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
    let word = lower(word);
    let most = word.chars().count() / 3;
    let near = candidates.into_iter().map(|candidate| (edits(&word, &lower(candidate)), candidate));
    near.filter(|(edits, _)| *edits <= most).min_by_key(|(edits, _)| *edits).map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out or replaced, or change places with their neighbour: the distance of Damerau
/// and Levenshtein, in which no letter is edited twice.
///
/// ```
/// use jobmon_syntax::suggest::edits;
///
/// assert_eq!((edits("yaer", "year"), edits("kitten", "sitting")), (1, 3));
/// ```
pub fn edits(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for (above, a) in from.iter().enumerate() {
        let previous = &rows[above];
        let mut row = vec![above + 1];
        for (at, b) in to.iter().enumerate() {
            let replaced = previous[at] + usize::from(a != b);
            let mut fewest = replaced.min(previous[at + 1] + 1).min(row[at] + 1);
            if at > 0 && above > 0 && *a == to[at - 1] && from[above - 1] == *b {
                fewest = fewest.min(rows[above - 1][at - 1] + 1);
            }
            row.push(fewest);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, edits};

    #[test]
    fn edits_are_those_of_damerau_and_levenshtein() {
        for (from, to, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
            ("année", "annee", 1),
            ("yaer", "year", 1),
            ("ca", "abc", 3),
        ] {
            assert_eq!(edits(from, to), expected, "{from} -> {to}");
            assert_eq!(edits(to, from), expected, "{to} -> {from}");
        }
    }

    #[test]
    fn a_third_of_the_letters_may_differ() {
        assert_eq!(did_you_mean("imput", ["output", "input"]), Some("input"));
        assert_eq!(did_you_mean("abc", ["abd"]), Some("abd"));
        assert_eq!(did_you_mean("abc", ["ade"]), None);
        assert_eq!(did_you_mean("threads", ["threda", "thread"]), Some("thread"));
        assert_eq!(did_you_mean("threads", ["thraeds", "thread"]), Some("thraeds"), "a swap is one edit");
        assert_eq!(did_you_mean("MEMORY", ["memory"]), Some("memory"));
    }

    #[test]
    fn short_names_get_none_and_ties_go_to_the_first() {
        assert_eq!(did_you_mean("ab", ["ac", "ad"]), None);
        assert_eq!(did_you_mean("ab", ["ac", "AB"]), Some("AB"));
        assert_eq!(did_you_mean("yaer", ["year"]), Some("year"), "letters that changed places");
        assert_eq!(did_you_mean("yera", ["ears"]), None, "two edits in four letters");
        assert_eq!(did_you_mean("year", ["yeas", "yeah"]), Some("yeas"));
        assert_eq!(did_you_mean("year", []), None);
    }
}
