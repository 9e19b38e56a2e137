//! Whether the source is laid out as it is meant to be: layers, unsafe code, lengths, names, things that are not to be left
//! in. What is found is told all at once. A rule is a function of a file, so that it can be shown to catch a violation.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by where it panics")]

#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/layout.rs"]
mod layout;
#[path = "tidy/leftovers.rs"]
mod leftovers;
#[path = "tidy/lexer.rs"]
mod lexer;
#[path = "tidy/planted.rs"]
mod planted;
#[path = "tidy/source.rs"]
mod source;

use source::{Findings, Source};
use std::fmt::Write as _;

/// A rule: its name, and what finds the places that break it.
type Rule = (&'static str, fn(&Source, &mut Findings));

const RULES: &[Rule] = &[
    ("layers", layers::layers),
    ("crates", layers::crates),
    ("unsafe", layout::unsafe_code),
    ("length", layout::length),
    ("names", layout::names),
    ("mod.rs", layout::mod_rs),
    ("wildcards", leftovers::wildcards),
    ("leftovers", leftovers::leftovers),
    ("ignored tests", leftovers::ignored),
    ("sleep", leftovers::sleep),
    ("allow", leftovers::allow),
];

/// All that the rules find in some files.
fn findings(sources: &[Source]) -> Findings {
    let mut findings = Findings::default();
    for source in sources {
        for (rule, check) in RULES {
            findings.of(rule, source, *check);
        }
    }
    findings
}

#[test]
fn the_source_is_tidy() {
    let sources = source::all();
    assert!(sources.len() > 100, "only {} files were found", sources.len());
    let found = findings(&sources);
    let text = found.iter().fold(String::new(), |mut text, finding| {
        writeln!(text, "{finding}").unwrap();
        text
    });
    assert!(text.is_empty(), "\n{text}");
}

#[test]
fn every_exception_is_needed() {
    let sources = source::all();
    for exception in leftovers::WILDCARDS {
        let there = sources.iter().any(|source| exception.covers_some(source));
        assert!(there, "{}: `{}` is not there any more; take it off the list", exception.path, exception.arm);
    }
    for path in layout::UNSAFE {
        let source = sources.iter().find(|source| source.path == *path);
        let needed = source.is_some_and(|source| source.tokens.iter().any(|token| token.text == "unsafe"));
        assert!(needed, "{path} has no unsafe code any more; take it off the list");
    }
}

#[test]
fn the_map_shows_the_layers() {
    let map = std::fs::read_to_string(source::root().join("ARCHITECTURE.md")).unwrap();
    let shown = map.split("```text\n").nth(1).and_then(|block| block.split("```").next()).unwrap();
    let shown: Vec<&str> = shown.lines().map(|line| line.trim().split("  ").next().unwrap()).collect();
    for module in source::modules() {
        let row = layers::row(&module).unwrap();
        let line = shown.iter().position(|line| line.split([' ', '.', '·', '│']).any(|word| word == module));
        let line = line.unwrap_or_else(|| panic!("ARCHITECTURE.md does not show `{module}`"));
        let above = shown[..line].iter().flat_map(|line| line.split([' ', '.', '·', '│']));
        let wrong: Vec<_> = above.filter(|other| layers::row(other).is_some_and(|other| other <= row)).collect();
        assert!(wrong.is_empty(), "ARCHITECTURE.md shows `{module}` below {wrong:?}, which do not lie above it");
    }
}
