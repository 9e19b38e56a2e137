//! Who may use whom.

use crate::source::{Findings, Source};

/// The modules of `jobmon` from the top down. A module uses those in rows below its own; those of its own row are
/// strangers to it.
const LAYERS: &[&[&str]] = &[
    // `__private` is a face too: that of the macros' expansions.
    &["lib", "prelude", "__private"],
    &["cli", "testing"],
    &["dashboard", "control"],
    &["run"],
    &["engine", "store", "exec", "report", "worker"],
    &["plan"],
    &["config"],
    &["model", "dag"],
    &["id", "time", "units", "digest"],
];

/// Crates that are used in one place only, so that they can be replaced there.
const CRATES: &[(&str, &[&str])] = &[
    ("tokio", &["jobmon/src/run", "jobmon/src/exec", "jobmon/src/dashboard", "tests", "examples"]),
    ("rusqlite", &["jobmon/src/store", "tests", "examples/tests", "benches"]),
    ("axum", &["jobmon/src/dashboard"]),
    ("clap", &["jobmon/src/cli", "examples"]),
    ("syn", &["jobmon-macros/src", "tests/ui_table"]),
    ("quote", &["jobmon-macros/src"]),
    ("proc_macro", &["jobmon-macros/src/lib.rs"]),
];

/// The row of a module, from the bottom.
pub(crate) fn row(module: &str) -> Option<usize> {
    LAYERS.iter().rev().position(|row| row.contains(&module))
}

/// A module of `jobmon` uses the layers below it.
pub(crate) fn layers(source: &Source, findings: &mut Findings) {
    let Some(module) = source.module() else { return };
    let Some(&user) = module.first() else { return };
    let Some(own) = row(user) else {
        findings.add(source, 1, format!("`{user}` is in no layer; give it a row in tests/tidy/layers.rs"));
        return;
    };
    for (at, used) in uses(source, module.len()) {
        let words = match row(&used) {
            _ if used == user => continue,
            Some(row) if row < own => continue,
            // What `lib.rs` names is the face too.
            None if own == LAYERS.len() - 1 => continue,
            Some(row) if row == own => {
                format!("`{user}` and `{used}` are strangers in one layer; what they share lives below them")
            }
            Some(_) => format!("`{used}` lies above `{user}`, which must not know it"),
            None => format!("`crate::{used}` is no module; name it by the module it is in"),
        };
        findings.add_at(source, at, words);
    }
}

/// What follows `crate::`, or so many `super::` that they mean the same, with its place. `depth` is that of the file.
fn uses(source: &Source, depth: usize) -> Vec<(usize, String)> {
    let mut uses = Vec::new();
    // Which of the open braces are modules'.
    let mut braces: Vec<bool> = Vec::new();
    let mut at = 0;
    while at < source.tokens.len() {
        match source.text(at) {
            "{" => braces.push(at >= 2 && source.text(at - 2) == "mod"),
            "}" => {
                braces.pop();
            }
            "crate" if source.text(at + 1) == "::" => heads(source, at + 2, &mut uses),
            "super" => {
                let mut supers = 1;
                while source.is_at(at + 1, &["::", "super"]) {
                    supers += 1;
                    at += 2;
                }
                let inline = braces.iter().filter(|module| **module).count();
                if supers >= depth + inline && source.text(at + 1) == "::" {
                    heads(source, at + 2, &mut uses);
                }
            }
            _ => {}
        }
        at += 1;
    }
    uses
}

/// The first names of what is used: `a` of `a::b`, `a` and `c` of `{a::b, c}`.
fn heads(source: &Source, start: usize, uses: &mut Vec<(usize, String)>) {
    if source.text(start) != "{" {
        uses.push((start, source.text(start).to_owned()));
        return;
    }
    let mut depth = 0;
    for at in start..source.tokens.len() {
        match source.text(at) {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
        if depth == 1 && matches!(source.text(at), "{" | ",") && !matches!(source.text(at + 1), "}" | "") {
            uses.push((at + 1, source.text(at + 1).to_owned()));
        }
    }
}

/// Some crates are named in their own place only.
pub(crate) fn crates(source: &Source, findings: &mut Findings) {
    for (name, places) in CRATES {
        if places.iter().any(|place| source.path == *place || source.path.starts_with(&format!("{place}/"))) {
            continue;
        }
        // `use other::quote` makes it a name of something else.
        if source.places(&["::", name, ";"]).any(|at| at > 0 && source.text(at - 1) != *name) {
            continue;
        }
        for at in source.places(&[name]) {
            let before = if at == 0 { "" } else { source.text(at - 1) };
            if matches!(before, "use" | "crate") || (source.text(at + 1) == "::" && !matches!(before, "::" | ".")) {
                findings.add_at(source, at, format!("`{name}` is used in {} only", places.join(", ")));
            }
        }
    }
}
