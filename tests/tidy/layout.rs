//! What is where: unsafe code, lengths and names of files, what `mod.rs` holds.

use crate::source::{Findings, Source};

/// Where unsafe code may be.
pub(crate) const UNSAFE: &[&str] = &[
    "jobmon/src/exec/local/unix.rs",
    "jobmon/src/exec/local/handlers.rs",
    "jobmon/src/exec/local/keeper/enter.rs",
    "jobmon/src/store/errno.rs",
    "tests/src/vfs.rs",
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager", "misc"];

const LONGEST: usize = 400;
const LONGEST_TEST: usize = 800;

pub(crate) fn unsafe_code(source: &Source, findings: &mut Findings) {
    if UNSAFE.contains(&source.path.as_str()) {
        return;
    }
    for at in source.places(&["unsafe"]) {
        findings.add_at(source, at, format!("unsafe code is in {} only; give it a safe face there", UNSAFE.join(", ")));
    }
}

pub(crate) fn length(source: &Source, findings: &mut Findings) {
    let longest = if source.is_test() { LONGEST_TEST } else { LONGEST };
    if source.lines > longest {
        let words = format!("{} lines, and {longest} are the most; give a part of it a file of its own", source.lines);
        findings.add(source, source.lines, words);
    }
}

pub(crate) fn names(source: &Source, findings: &mut Findings) {
    let advice = |name: &str| format!("`{name}` says nothing; name it after what it is about");
    for part in source.path.split('/').map(|part| part.trim_end_matches(".rs")) {
        if EMPTY_NAMES.contains(&part) {
            findings.add(source, 1, advice(part));
        }
    }
    for name in EMPTY_NAMES {
        for at in source.places(&["mod", name, "{"]) {
            findings.add_at(source, at, advice(name));
        }
    }
}

/// `mod.rs` is a table of contents.
pub(crate) fn mod_rs(source: &Source, findings: &mut Findings) {
    if !source.path.ends_with("/mod.rs") {
        return;
    }
    for at in 0..source.tokens.len() {
        let item = source.text(at);
        let is_item = matches!(
            item,
            "fn" | "impl" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static" | "macro_rules"
        );
        if is_item || (item == "mod" && source.text(at + 2) == "{") {
            let words =
                format!("`{item}` in a mod.rs, which holds docs, `mod` and `pub use`; move it to a file beside");
            findings.add_at(source, at, words);
        }
    }
}
