//! "Did you mean".

/// The candidate that `word` was probably meant to be: the nearest by edits, at most one for each three letters.
///
/// Names under three letters get none: everything short is near everything short. Of equally near ones the first is
/// taken; upper and lower case are the same.
///
/// ```
/// use jobmon_syntax::suggest::did_you_mean;
///
/// assert_eq!(did_you_mean("memroy", ["command", "memory", "runtime"]), Some("memory"));
/// assert_eq!(did_you_mean("c", ["a", "b"]), None);
/// ```
pub fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = letters(word);
    let most = word.len() / 3;
    let near = candidates.into_iter().map(|candidate| (edits(&word, &letters(candidate)), candidate));
    near.filter(|(edits, _)| most > 0 && *edits <= most).min_by_key(|(edits, _)| *edits).map(|(_, candidate)| candidate)
}

fn letters(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The distance of Levenshtein: how many letters must be put in, taken out or replaced.
fn edits(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, a) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (at, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, edits, letters};

    #[test]
    fn edits_are_those_of_levenshtein() {
        for (from, to, expected) in
            [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("année", "annee", 1)]
        {
            assert_eq!(edits(&letters(from), &letters(to)), expected, "{from} -> {to}");
            assert_eq!(edits(&letters(to), &letters(from)), expected, "{to} -> {from}");
        }
    }

    #[test]
    fn a_third_of_the_letters_may_differ() {
        assert_eq!(did_you_mean("imput", ["output", "input"]), Some("input"));
        assert_eq!(did_you_mean("abc", ["abd"]), Some("abd"));
        assert_eq!(did_you_mean("abc", ["ade"]), None);
        assert_eq!(did_you_mean("threads", ["thraeds", "thread"]), Some("thread"));
        assert_eq!(did_you_mean("MEMORY", ["memory"]), Some("memory"));
    }

    #[test]
    fn short_names_get_none_and_ties_go_to_the_first() {
        assert_eq!(did_you_mean("ab", ["ac", "ad"]), None);
        assert_eq!(did_you_mean("yaer", ["year"]), None, "two edits in four letters");
        assert_eq!(did_you_mean("year", ["yeas", "yeah"]), Some("yeas"));
        assert_eq!(did_you_mean("year", []), None);
    }
}
