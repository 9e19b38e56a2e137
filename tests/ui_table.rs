//! Whether each sentence that the compiler can say to a user is shown by a UI case, and each case is in the table of
//! `ui/README.md`. `TRYBUILD=overwrite`, which renews what the cases say, renews the table too.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by where it panics")]

#[path = "ui_table/sentences.rs"]
mod sentences;

use sentences::Sentence;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// What stands before the part of the table that is written by this test.
const MARK: &str = "<!-- From here on written by the test `ui_table`. -->\n";

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The files below a folder that have this extension, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The text with its white space as single blanks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn table() -> PathBuf {
    root().join("tests/ui/README.md")
}

/// What is said in a message: all but the lines of the program that it shows, which have a number and a bar.
fn said(message: &str) -> String {
    let shown = |line: &&str| line.split_once(" |").is_some_and(|(number, _)| number.trim().parse::<u32>().is_ok());
    one_line(&message.lines().filter(|line| !shown(line)).collect::<Vec<_>>().join(" "))
}

/// The messages of each case, each as one line.
fn cases() -> BTreeMap<String, Vec<String>> {
    let messages = |path: &Path| fs::read_to_string(path).unwrap().split("\n\n").map(said).collect();
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    files(&root().join("tests/ui/fail"), "stderr").iter().map(|path| (name(path), messages(path))).collect()
}

/// The cases that show a sentence.
fn shown_by<'a>(sentence: &Sentence, cases: &'a BTreeMap<String, Vec<String>>) -> Vec<&'a str> {
    let shows = cases.iter().filter(|(_, messages)| messages.iter().any(|message| sentence.is_said_in(message)));
    shows.map(|(name, _)| name.as_str()).collect()
}

/// The part of the table that follows from the sources and the cases.
fn written(sentences: &[Sentence], cases: &BTreeMap<String, Vec<String>>) -> String {
    let mut text = String::new();
    let mut file = "";
    for sentence in sentences {
        if file != sentence.file {
            file = &sentence.file;
            write!(text, "\n## `{file}`\n\n| what is said | cases |\n|---|---|\n").unwrap();
        }
        let said = one_line(&sentence.text).replace('|', "\\|");
        let shown: Vec<String> = shown_by(sentence, cases).iter().map(|case| format!("`{case}`")).collect();
        writeln!(text, "| {said} | {} |", shown.join(", ")).unwrap();
    }
    text
}

#[test]
fn every_sentence_has_a_case() {
    let (sentences, cases) = (sentences::all(), cases());
    assert!(sentences.len() > 100, "only {} sentences were found", sentences.len());
    let short: Vec<&str> = sentences.iter().filter(|short| short.is_too_short()).map(|short| &*short.text).collect();
    assert!(short.is_empty(), "say in `WITHIN` what these stand within: {short:?}");
    let missing = sentences.iter().filter(|sentence| shown_by(sentence, &cases).is_empty());
    let missing: Vec<String> = missing.map(|missing| format!("{}: {:?}", missing.file, missing.text)).collect();
    assert!(missing.is_empty(), "no case in tests/ui/fail shows what is said in\n{}", missing.join("\n"));
}

#[test]
fn the_table_is_that_of_the_sources() {
    let text = fs::read_to_string(table()).unwrap();
    let (before, after) = text.split_once(MARK).unwrap_or((&text, ""));
    let written = written(&sentences::all(), &cases());
    if after == written {
        return;
    }
    if std::env::var_os("TRYBUILD").is_some_and(|value| value == "overwrite") {
        fs::write(table(), format!("{before}{MARK}{written}")).unwrap();
        return;
    }
    let is_new = |line: &&str| !after.lines().any(|known| known == *line);
    let new: Vec<&str> = written.lines().filter(is_new).collect();
    let gone: Vec<&str> = after.lines().filter(|line| !written.lines().any(|known| known == *line)).collect();
    panic!("the table is not up to date; new:\n{}\ngone:\n{}", new.join("\n"), gone.join("\n"));
}

#[test]
fn every_case_is_in_the_table() {
    let text = fs::read_to_string(table()).unwrap();
    let cases = files(&root().join("tests/ui"), "rs");
    let name = |path: &PathBuf| format!("`{}`", path.file_stem().unwrap().to_str().unwrap());
    let missing: Vec<String> = cases.iter().map(name).filter(|name| !text.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "ui/README.md does not have {}", missing.join(", "));
}

/// The rows of the tables written by hand: a rule, its case, and what the case's messages have in them.
#[test]
fn what_the_table_says_of_a_case_is_in_its_messages() {
    let text = fs::read_to_string(table()).unwrap();
    let (by_hand, _) = text.split_once(MARK).unwrap();
    let cases = cases();
    let mut rows = 0;
    for row in by_hand.lines().filter(|line| line.starts_with("| ") && line.matches(" | ").count() == 2) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, case, said] = cells[..] else { panic!("a row has three cells: {row}") };
        if case == "case" {
            continue;
        }
        let messages = cases.get(case.trim_matches('`')).unwrap_or_else(|| panic!("there is no case {case}: {row}"));
        let said = said.replace("\\|", "|");
        assert!(messages.iter().any(|message| message.contains(&said)), "{case} does not say {said:?}");
        rows += 1;
    }
    assert!(rows > 10, "only {rows} rows were found");
}

#[test]
fn nine_mistakes_are_told_at_once() {
    let cases = cases();
    let told = cases["nine_mistakes"].iter().filter(|message| message.starts_with("error"));
    assert_eq!(told.count(), 9);
}
