//! Which failures are alike: those whose last words differ in nothing but numbers, paths, quoted texts and the task's
//! own arguments.

use crate::model::Failure;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What failures that are alike have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Likeness {
    reason: String,
    lines: Vec<String>,
}

impl Likeness {
    /// So many of the last lines are compared: the last says what it was, those before it are often its context.
    const LINES: usize = 3;

    /// The likeness of a failure that left these lines on standard error. `arguments` are the values that make the task
    /// another one than its siblings.
    pub fn of(failure: &Failure, lines: &[String], arguments: &[&str]) -> Self {
        let arguments: Vec<&str> = arguments.iter().copied().filter(|argument| is_particular(argument)).collect();
        let plain = |line: &String| without_particulars(line, &arguments);
        let mut last: Vec<String> =
            lines.iter().rev().map(plain).filter(|line| !line.is_empty()).take(Self::LINES).collect();
        last.reverse();
        Self { reason: reason(failure, !last.is_empty(), &arguments), lines: last }
    }
}

/// What the kind of failure adds to the lines. A program that says what went wrong may end with any code.
fn reason(failure: &Failure, has_lines: bool, arguments: &[&str]) -> String {
    match failure {
        Failure::Exit(_) if has_lines => "exited".to_owned(),
        Failure::Exit(_)
        | Failure::ToldByExit(..)
        | Failure::Signal(_)
        | Failure::OutOfMemory(_)
        | Failure::Timeout(_)
        | Failure::NodeFailed
        | Failure::Preempted
        | Failure::Vanished => failure.to_string(),
        Failure::OutputMissing(_) | Failure::StartFailed(_) | Failure::ResourcesFailed(_) => {
            without_particulars(&failure.to_string(), arguments)
        }
    }
}

/// Puts things that are alike together, the most numerous group first, then the one whose first member comes first. The
/// members of a group keep their order.
pub fn group<T>(things: impl IntoIterator<Item = (Likeness, T)>) -> Vec<Vec<T>> {
    let mut groups: BTreeMap<Likeness, Vec<(usize, T)>> = BTreeMap::new();
    for (place, (likeness, thing)) in things.into_iter().enumerate() {
        groups.entry(likeness).or_default().push((place, thing));
    }
    let mut groups: Vec<Vec<(usize, T)>> = groups.into_values().collect();
    groups.sort_by_key(|members| (Reverse(members.len()), members[0].0));
    groups.into_iter().map(|members| members.into_iter().map(|(_, thing)| thing).collect()).collect()
}

/// A line without what differs between failures of one kind.
fn without_particulars(line: &str, arguments: &[&str]) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.trim();
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let length = if let Some(argument) = argument_at(rest, before, arguments) {
            plain.push('_');
            argument
        } else if let Some(quoted) = quoted_at(rest, before) {
            plain.push_str("''");
            quoted
        } else if is_of_word(c) {
            let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
            push_word(&mut plain, &rest[..length]);
            length
        } else if c.is_whitespace() {
            plain.push(' ');
            rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len())
        } else {
            plain.push(c);
            c.len_utf8()
        };
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    plain
}

/// Whether an argument is looked for in lines: short ones stand everywhere. It counts what is left of it without numbers,
/// so that it is with the task 100 as it was with the task 99.
fn is_particular(argument: &str) -> bool {
    const SHORTEST: usize = 3;
    without_particulars(argument, &[]).len() >= SHORTEST
}

/// The length of an argument of the task that stands here as a word of its own, if one does: the longest.
fn argument_at(rest: &str, before: char, arguments: &[&str]) -> Option<usize> {
    if before.is_alphanumeric() {
        return None;
    }
    let stands =
        |argument: &&&str| rest.strip_prefix(**argument).is_some_and(|after| !after.starts_with(char::is_alphanumeric));
    arguments.iter().filter(stands).map(|argument| argument.len()).max()
}

/// The length of the quoted text that begins here, if one does; the apostrophe in `don't` begins none.
fn quoted_at(rest: &str, before: char) -> Option<usize> {
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
    if before.is_alphanumeric() {
        return None;
    }
    let inside = rest[1..].find(quote)?;
    Some(inside + 2)
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | '~' | '+' | '@' | '%')
}

fn push_word(plain: &mut String, word: &str) {
    // The point that ends a sentence is none of the number before it.
    let bare = word.trim_end_matches('.');
    let has_digit = word.contains(|c: char| c.is_ascii_digit());
    let is_hex = |word: &str| word.len() >= 8 && word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if word.contains('/') {
        plain.push('/');
    } else if has_digit && (bare.parse::<f64>().is_ok() || is_hex(bare) || bare.starts_with("0x")) {
        plain.push('0');
        plain.push_str(&word[bare.len()..]);
    } else {
        let mut in_number = false;
        for c in word.chars() {
            if !c.is_ascii_digit() {
                plain.push(c);
            } else if !in_number {
                plain.push('0');
            }
            in_number = c.is_ascii_digit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn particulars_are_left_out() {
        let plain = |line| without_particulars(line, &["Zimbabwe", "Hong Kong"]);
        let told = [
            "ValueError: no rows for 'place 3' in /data/x y.csv:12",
            "  File \"/usr/lib/fit.py\", line 31, in main",
            "2026-07-01T12:31:07.25 cannot fit Zimbabwe: residual 1.5e-3 > 0.001.",
            "cannot fit Hong Kong, don't try again, it's late",
            "segfault at 0x7ffd11aa, job 550e8400-e29b-41d4-a716-446655440000, commit deadbeef01",
            "tab ab worker12.cluster   ended",
            "decade facade failed",
            "unclosed 'quote",
        ];
        insta::assert_snapshot!(told.map(plain).join("\n"), @"
        ValueError: no rows for '' in / y.csv:0
        File '', line 0, in main
        0-0-0T0:0:0 cannot fit _: residual 0 > 0.
        cannot fit _, don't try again, it's late
        segfault at 0, job 0, commit 0
        tab ab worker0.cluster ended
        decade facade failed
        unclosed 'quote
        ");
    }

    #[test]
    fn codes_tell_apart_only_what_says_nothing() {
        let likeness = |failure: &Failure, line: &str| Likeness::of(failure, &[line.to_owned()], &[]);
        let (one, two) = (Failure::Exit(1), Failure::Exit(2));
        assert_eq!(likeness(&one, "bad row 3"), likeness(&two, "bad row 17"));
        assert_ne!(likeness(&one, ""), likeness(&two, ""));
        assert_ne!(likeness(&one, "bad row 3"), likeness(&Failure::Signal(9), "bad row 3"));
        assert_ne!(likeness(&one, "bad row 3"), likeness(&one, "bad column 3"));
    }

    #[test]
    fn numbers_as_arguments_are_alike_however_long_they_are() {
        let likeness = |id: u32, argument: String| {
            let line = format!("cannot fit {id} of {argument}: no rows in {argument}.csv (--id={id})");
            Likeness::of(&Failure::Exit(1), &[line], &[&id.to_string(), &argument])
        };
        for argument in ["p", "part-", "xy", "year 1990 of "] {
            let one = likeness(9, format!("{argument}9"));
            for id in [10, 99, 100, 101, 99_999, 12_345_678, 4_000_000_000] {
                assert_eq!(likeness(id, format!("{argument}{id}")), one, "{argument}{id}");
            }
        }
    }

    /// Groups as sets of members, each member with its likeness's number.
    fn grouped(things: &[(u8, usize)]) -> Vec<Vec<usize>> {
        let likeness =
            |kind: u8| Likeness::of(&Failure::Exit(1), &[format!("kind {}", "abc".repeat(kind.into()))], &[]);
        let mut groups = group(things.iter().map(|(kind, thing)| (likeness(*kind), *thing)));
        groups.iter_mut().for_each(|members| members.sort_unstable());
        groups.sort();
        groups
    }

    proptest! {
        #[test]
        fn groups_do_not_depend_on_the_order(kinds in prop::collection::vec(0_u8..5, 0..40), by in 0_usize..40) {
            let things: Vec<(u8, usize)> = kinds.iter().copied().zip(0..).collect();
            let mut turned = things.clone();
            turned.rotate_left(by.min(things.len()));
            turned.reverse();
            prop_assert_eq!(grouped(&things), grouped(&turned));
        }

        #[test]
        fn the_worst_group_is_first_and_nobody_is_lost(kinds in prop::collection::vec(0_u8..5, 0..40)) {
            let likeness = |kind: u8| Likeness::of(&Failure::Signal(kind.into()), &[], &[]);
            let groups = group(kinds.iter().map(|kind| likeness(*kind)).zip(0_usize..));
            prop_assert!(groups.is_sorted_by_key(|members| (Reverse(members.len()), members[0])));
            prop_assert!(groups.iter().all(|members| members.is_sorted()));
            prop_assert_eq!(groups.iter().map(Vec::len).sum::<usize>(), kinds.len());
        }

        #[test]
        fn what_is_plain_already_stays_so(line in "\\PC{0,60}") {
            let once = without_particulars(&line, &[]);
            prop_assert_eq!(&without_particulars(&line, &[]), &once, "deterministic");
            prop_assert!(!once.chars().any(|c| matches!(c, '1'..='9')), "{}", once);
        }
    }
}
