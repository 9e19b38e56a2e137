//! What an editor shows while a template is written: rust-analyzer is asked as an editor asks it.
//!
//! Needs rust-analyzer, as `rust-analyzer` or as `RUST_ANALYZER` says; without it the test says so and proves nothing. It need
//! not be a component of the toolchain: `cargo install ra_ap_rust-analyzer` builds one.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by where it panics")]
#![expect(clippy::disallowed_methods, reason = "the test starts rust-analyzer")]

#[path = "editor/client.rs"]
mod client;

use client::{Editor, rust_analyzer};
use std::io::Write;
use std::process::Command;

/// A program with a template; a part of it is replaced by what is being written.
const PROGRAM: &str = r#"
use jobmon::prelude::*;

#[task_template(command = "fit --in {input} [--draws {draws}] {files}...", memory = "8G")]
struct Fit {
    #[node_arg]
    input: String,
    #[task_arg]
    draws: Option<u32>,
    #[op_arg]
    files: Vec<String>,
}

fn main() {
    let mut wf = Tool::new("demo").workflow("editor");
    wf.add(Fit { input: String::new(), draws: None, files: Vec::new() });
}
"#;

fn with(old: &str, new: &str) -> String {
    assert_eq!(PROGRAM.matches(old).count(), 1, "{old}");
    PROGRAM.replace(old, new)
}

#[test]
fn rust_analyzer_knows_the_language() {
    let Some(program) = rust_analyzer() else {
        // What a test that passes prints by a macro is not shown.
        let told = b"rust-analyzer is not installed: what an editor shows was not checked\n";
        std::io::stderr().write_all(told).unwrap();
        return;
    };
    let mut editor = Editor::start(&program);
    nothing_wrong_is_shown(&mut editor);
    options_and_roles_are_completed(&mut editor);
    placeholders_are_completed(&mut editor);
    placeholders_lead_to_their_fields(&mut editor);
    placeholders_of_all_texts_lead_to_their_fields(&mut editor);
    a_field_is_renamed_in_the_command_too(&mut editor);
    a_placeholder_is_renamed_in_the_template_alone(&mut editor);
    literals_and_what_is_said_of_a_task_are_completed(&mut editor);
}

#[test]
fn without_rust_analyzer_it_is_said_that_nothing_is_checked() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "rust_analyzer_knows_the_language"])
        .env("RUST_ANALYZER", "/no/such/program")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("what an editor shows was not checked"), "{output:?}");
}

/// In what is right nothing is underlined.
fn nothing_wrong_is_shown(editor: &mut Editor) {
    assert_eq!(editor.mistakes(PROGRAM), Vec::<String>::new());
}

fn options_and_roles_are_completed(editor: &mut Editor) {
    let options = editor.complete(&with("memory = \"8G\"", "max_at¦"));
    let attempts = options
        .iter()
        .find(|(name, _)| name == "max_attempts")
        .unwrap_or_else(|| panic!("no such option among {options:?}"));
    assert!(attempts.1.contains("How often a task may run before it has failed"), "{}", attempts.1);
    let names: Vec<&str> = options.iter().map(|(name, _)| name.as_str()).collect();
    for option in ["command", "shell", "runtime", "cores", "queue", "scale", "stdout", "stderr", "env"] {
        assert!(names.contains(&option), "{option} is not offered beside {names:?}");
    }
    let roles = editor.complete(&with("#[op_arg]", "#[op_a¦]"));
    let role = roles.iter().find(|(name, _)| name == "op_arg").unwrap_or_else(|| panic!("no role among {roles:?}"));
    assert!(role.1.contains("how the task runs"), "{}", role.1);
}

fn placeholders_are_completed(editor: &mut Editor) {
    let names = editor.complete(&with("--in {input}", "--in {inp¦}"));
    let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"input"), "{names:?}");
}

fn placeholders_lead_to_their_fields(editor: &mut Editor) {
    for (place, field) in [
        ("--in {in¦put}", "input: String,"),
        ("[--draws {dr¦aws}]", "draws: Option<u32>,"),
        ("{fi¦les}...", "files: Vec<String>,"),
    ] {
        let found = editor.definition(&with(&place.replace('¦', ""), place));
        assert_eq!(found.as_deref(), Some(field));
    }
}

fn placeholders_of_all_texts_lead_to_their_fields(editor: &mut Editor) {
    let command = r#"command = "fit --in {input} [--draws {draws}] {files}...""#;
    for text in [
        r#"command = ["fit", "--in", "{in¦put}", "{files}..."]"#,
        r#"command = "cat {files}... | sort > {in¦put}", shell = true"#,
        r#"command = "fit {files}...", stdout = "out/{in¦put}.txt""#,
        r#"command = "fit {files}...", env(INPUT = "{in¦put}")"#,
    ] {
        assert_eq!(editor.definition(&with(command, text)).as_deref(), Some("input: String,"), "{text}");
    }
}

fn a_field_is_renamed_in_the_command_too(editor: &mut Editor) {
    let renamed = editor.rename(&with("    input: String,", "    in¦put: String,"), "survey");
    assert_eq!(renamed, PROGRAM.replace("{input}", "{survey}").replace(" input:", " survey:"));
}

/// A limit of rust-analyzer: from inside the command it finds the field and the other placeholders, but no struct literal.
fn a_placeholder_is_renamed_in_the_template_alone(editor: &mut Editor) {
    let renamed = editor.rename(&with("--in {input}", "--in {in¦put}"), "survey");
    assert_eq!(renamed, PROGRAM.replace("{input}", "{survey}").replace("    input:", "    survey:"));
}

fn literals_and_what_is_said_of_a_task_are_completed(editor: &mut Editor) {
    let fields = editor.complete(&with("Fit { input: String::new(),", "Fit { inp¦"));
    assert!(fields.iter().any(|(name, _)| name.starts_with("input")), "{fields:?}");
    let methods = editor.complete(&with("files: Vec::new() })", "files: Vec::new() }.mem¦)"));
    assert!(methods.iter().any(|(name, _)| name.starts_with("memory")), "{methods:?}");
}
