//! What is not to be left in: wild cards, stubs, ignored tests, naps, silenced lints.

use crate::source::{Findings, Source};

/// A `_ =>` in the engine or the model that may be there.
#[derive(Debug)]
pub(crate) struct Wildcard {
    pub(crate) path: &'static str,
    /// What stands before the arrow's arm is matched: the words after `_ =>`.
    pub(crate) arm: &'static str,
    /// Why it hides no state of ours.
    reason: &'static str,
}

pub(crate) const WILDCARDS: &[Wildcard] = &[
    Wildcard { path: "jobmon/src/engine/admission.rs", arm: "0", reason: "an `Option` with a guard" },
    Wildcard { path: "jobmon/src/engine/dispatch.rs", arm: "Some", reason: "an `Option` with a guard" },
    Wildcard {
        path: "jobmon/src/engine/outcome.rs",
        arm: "self",
        reason: "an `Option` with a guard: whatever else it is, it is passed over and told",
    },
    Wildcard { path: "jobmon/src/model/failure.rs", arm: ",", reason: "numbers of signals, which are the system's" },
    Wildcard { path: "jobmon/src/model/status.rs", arm: "None", reason: "words of a database, which may be any" },
    Wildcard { path: "jobmon/src/model/steer.rs", arm: "return", reason: "words of a database, which may be any" },
];

impl Wildcard {
    /// Whether an arm of a file, at its `_`, is this one.
    fn covers(&self, source: &Source, at: usize) -> bool {
        assert!(!self.reason.is_empty(), "an exception has a reason");
        source.path == self.path && source.text(at + 2) == self.arm
    }

    pub(crate) fn covers_some(&self, source: &Source) -> bool {
        source.places(&["_", "=>"]).any(|at| self.covers(source, at))
    }
}

/// A new state must not go through an old arm unseen.
pub(crate) fn wildcards(source: &Source, findings: &mut Findings) {
    let ours = ["jobmon/src/engine/", "jobmon/src/model/"].iter().any(|place| source.path.starts_with(place));
    if !ours || source.is_test() {
        return;
    }
    for at in source.places(&["_", "=>"]) {
        if !WILDCARDS.iter().any(|exception| exception.covers(source, at)) {
            let words = "`_ =>` hides the states that are to come; list them (what is no enum of ours may be an exception \
                         in tests/tidy/leftovers.rs)";
            findings.add_at(source, at, words);
        }
    }
}

pub(crate) fn leftovers(source: &Source, findings: &mut Findings) {
    for name in ["todo", "unimplemented", "dbg"] {
        for at in source.places(&[name, "!"]) {
            findings.add_at(source, at, format!("`{name}!` was left in; finish it or take it out"));
        }
    }
}

pub(crate) fn ignored(source: &Source, findings: &mut Findings) {
    for at in source.places(&["#", "[", "ignore", "]"]) {
        findings.add_at(source, at, "a test is ignored for no reason; say why: `#[ignore = \"..\"]`");
    }
}

pub(crate) fn sleep(source: &Source, findings: &mut Findings) {
    for at in source.places(&["thread", "::", "sleep"]) {
        findings.add_at(
            source,
            at,
            "a sleep is too short on one machine and too long on another; wait for what is to happen",
        );
    }
}

/// `expect` tells when it is not needed any more. What macros write into a user's code cannot expect.
pub(crate) fn allow(source: &Source, findings: &mut Findings) {
    let quoted = if source.path.starts_with("jobmon-macros/src/") { quoted(source) } else { Vec::new() };
    for start in [["#", "[", "allow", "("].as_slice(), &["#", "!", "[", "allow", "("]] {
        for at in source.places(start).filter(|at| !quoted.iter().any(|(from, to)| (from..to).contains(&at))) {
            findings.add_at(source, at, "`allow` silences for ever; write `expect(lint, reason = \"..\")`");
        }
    }
}

/// Where the insides of `quote!` and its like begin and end.
fn quoted(source: &Source) -> Vec<(usize, usize)> {
    let starts =
        ["quote", "quote_spanned"].into_iter().flat_map(|name| source.places(&[name, "!"]).collect::<Vec<_>>());
    starts.map(|at| (at, end_of_group(source, at + 2))).collect()
}

fn end_of_group(source: &Source, start: usize) -> usize {
    let mut depth = 0;
    for at in start..source.tokens.len() {
        match source.text(at) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    source.tokens.len()
}
