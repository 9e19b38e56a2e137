//! Violations of each rule, planted to see them caught, and what looks like one and is none.

use crate::source::Source;
use crate::{RULES, findings};
use std::collections::BTreeSet;

/// A path, a text, and the rules that it breaks with the lines.
type Case = (&'static str, &'static str, &'static [(&'static str, usize)]);

const CASES: &[Case] = &[
    // Layers.
    ("jobmon/src/model/status.rs", "use crate::engine::Engine;", &[("layers", 1)]),
    ("jobmon/src/plan/set.rs", "fn f() {\n    crate::run::start();\n}", &[("layers", 2)]),
    ("jobmon/src/exec/local/wire.rs", "use super::super::super::store::Writer;", &[("layers", 1)]),
    ("jobmon/src/exec/mod.rs", "use super::store::Writer;", &[("layers", 1)]),
    ("jobmon/src/id.rs", "#[cfg(test)]\nmod tests {\n    use super::super::model::Failure;\n}", &[("layers", 3)]),
    ("jobmon/src/store/read.rs", "use crate::{\n    id::TaskId,\n    report::{Progress, plain},\n};", &[("layers", 3)]),
    ("jobmon/src/model/args.rs", "use crate::dag::Graph;", &[("layers", 1)]),
    ("jobmon/src/run/driver.rs", "use crate::RunOptions;", &[("layers", 1)]),
    ("jobmon/src/novelty.rs", "", &[("layers", 1)]),
    (
        "jobmon/src/engine/step.rs",
        "//! Uses crate::store.\nuse crate::model::{Failure, crate_name};\nuse super::Engine;",
        &[],
    ),
    ("jobmon/src/engine/tests/world.rs", "use super::super::Engine;\nuse crate::engine::State;", &[]),
    (
        "jobmon/src/id.rs",
        "#[cfg(test)]\nmod tests {\n    use super::*;\n    mod more { use super::super::TaskId; }\n}",
        &[],
    ),
    ("jobmon/src/lib.rs", "pub use plan::Workflow;\npub use crate::run::RunOptions;", &[]),
    ("jobmon/src/prelude.rs", "pub use crate::{RunOptions, grid};\npub use crate::run::Error;", &[]),
    // Crates.
    ("jobmon/src/plan/mod.rs", "use tokio::sync::mpsc;", &[("crates", 1)]),
    ("jobmon/src/run/perform.rs", "fn f() -> rusqlite::Result<()> {}", &[("crates", 1)]),
    ("jobmon/src/run/options.rs", "use clap::Parser;\nuse axum;", &[("crates", 1), ("crates", 2)]),
    ("jobmon/src/plan/data.rs", "use syn::Token;\nuse quote::quote;", &[("crates", 1), ("crates", 2)]),
    ("jobmon-macros/src/parse.rs", "use proc_macro::TokenStream;", &[("crates", 1)]),
    ("jobmon-macros/src/parse.rs", "use proc_macro2::TokenStream;\nuse syn::Token;\nquote!(::tokio)", &[]),
    ("jobmon/src/run/driver.rs", "use tokio::select;\nlet text = \"rusqlite::\"; // clap::Parser", &[]),
    ("jobmon/src/plan/name.rs", "use jobmon_syntax::quote;\nfn f() { quote::one(1) }", &[]),
    // Unsafe code.
    ("jobmon/src/exec/local/slot.rs", "fn f() {\n    unsafe { g() }\n}", &[("unsafe", 2)]),
    ("jobmon/src/exec/local/unix.rs", "unsafe fn f() {}", &[]),
    ("jobmon/src/exec/local/slot.rs", "// unsafe\nlet a = \"unsafe\"; let unsafe_code = 1;", &[]),
    // Names.
    ("jobmon/src/store/utils.rs", "", &[("names", 1)]),
    ("tests/it/helpers/mod.rs", "", &[("names", 1)]),
    ("jobmon/src/store/read.rs", "\nmod common {\n}", &[("names", 2)]),
    ("jobmon/src/store/common_table.rs", "let common = 1;", &[]),
    // Tables of contents.
    ("jobmon/src/store/mod.rs", "mod read;\nfn f() {}", &[("mod.rs", 2)]),
    ("jobmon/src/store/mod.rs", "pub struct Store;\nimpl Store {}", &[("mod.rs", 1), ("mod.rs", 2)]),
    ("jobmon/src/store/mod.rs", "mod read {\n}", &[("mod.rs", 1)]),
    ("jobmon/src/store/mod.rs", "//! A fn.\nmod read;\n#[cfg(test)]\nmod tests;\npub use read::{Read, Row};", &[]),
    // Wild cards.
    ("jobmon/src/engine/step.rs", "match state {\n    Done => 1,\n    _ => 2,\n}", &[("wildcards", 3)]),
    ("jobmon/src/engine/admission.rs", "match state {\n    _ => 1,\n    _ => 0,\n}", &[("wildcards", 2)]),
    ("jobmon/src/engine/tests/world.rs", "match state { _ => 2 }", &[]),
    ("jobmon/src/store/read.rs", "match word { (_, _) => 1, _ => 2 }", &[]),
    ("jobmon/src/model/status.rs", "match pair { (Done, _) => 1, (_, Done) => 2 }", &[]),
    // What was left in.
    ("jobmon/src/run/driver.rs", "todo!()", &[("leftovers", 1)]),
    ("tests/it/run.rs", "\nunimplemented!(\"later\")\ndbg!(a)", &[("leftovers", 2), ("leftovers", 3)]),
    ("jobmon/src/run/driver.rs", "// todo!()\nlet todo = \"dbg!(a)\"; if todo != a {}", &[]),
    // Ignored tests.
    ("tests/it/run.rs", "#[test]\n#[ignore]\nfn f() {}", &[("ignored tests", 2)]),
    ("tests/it/run.rs", "#[ignore = \"another test starts it\"]\nfn f() {}", &[]),
    // Naps.
    ("tests/it/run.rs", "std::thread::sleep(SECOND)", &[("sleep", 1)]),
    ("examples/health/main.rs", "use std::thread::{self};\n\nfn f() { thread::sleep(SECOND) }", &[("sleep", 3)]),
    ("tests/it/run.rs", "Command::new(\"sleep\"); // thread::sleep", &[]),
    // Silenced lints.
    ("jobmon/src/run/driver.rs", "#![allow(dead_code)]\n#[allow(unused)]\nfn f() {}", &[("allow", 1), ("allow", 2)]),
    ("jobmon-macros/src/expand.rs", "#[allow(unused)]\nfn f() { quote! { a } }", &[("allow", 1)]),
    ("jobmon-macros/src/expand.rs", "fn f() { quote! { { #[allow(unused)] const _: () = (); } } }", &[]),
    ("jobmon/src/run/driver.rs", "#[expect(dead_code, reason = \"..\")]\nfn allow() { allow(1) }", &[]),
];

#[track_caller]
fn breaks(path: &str, text: &str, expected: &[(&str, usize)]) {
    let found = findings(&[Source::new(path, text)]);
    let mut found: Vec<(&str, usize)> = found.iter().map(|finding| (finding.rule, finding.line)).collect();
    found.sort_by_key(|(_, line)| *line);
    assert_eq!(found, expected, "{path}:\n{text}");
}

#[test]
fn each_planted_violation_is_caught_and_nothing_else() {
    for (path, text, expected) in CASES {
        breaks(path, text, expected);
    }
}

#[test]
fn long_files_are_caught() {
    breaks("jobmon/src/store/read.rs", &"\n".repeat(400), &[]);
    breaks("jobmon/src/store/read.rs", &"\n".repeat(401), &[("length", 401)]);
    breaks("jobmon/src/store/tests.rs", &"\n".repeat(800), &[]);
    breaks("jobmon/src/engine/tests/random.rs", &"\n".repeat(801), &[("length", 801)]);
}

#[test]
fn each_rule_has_a_planted_violation() {
    let planted = CASES.iter().flat_map(|(_, _, expected)| expected.iter().map(|(rule, _)| *rule));
    let planted: BTreeSet<&str> = planted.chain(["length"]).collect();
    assert_eq!(planted, RULES.iter().map(|(rule, _)| *rule).collect());
}

#[test]
fn a_finding_says_where_and_what_to_do() {
    let found = findings(&[Source::new("jobmon/src/dag/order.rs", "\nuse crate::plan::Workflow;")]);
    let words: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(words, ["jobmon/src/dag/order.rs:2: `plan` lies above `dag`, which must not know it (layers)"]);
}
