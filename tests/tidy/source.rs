//! Files of this repository, and what is found in them.

use crate::lexer::{Token, tokens};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// A Rust file.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the root of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) lines: usize,
    /// Its code: no comments, no strings.
    pub(crate) tokens: Vec<Token>,
}

impl Source {
    pub(crate) fn new(path: impl Into<String>, text: &str) -> Self {
        Self { path: path.into(), lines: text.lines().count(), tokens: tokens(text) }
    }

    /// Whether it is a test as a whole.
    pub(crate) fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }

    /// Its module in the crate `jobmon`, as a path; empty for `lib.rs`. `None` for files of other crates.
    pub(crate) fn module(&self) -> Option<Vec<&str>> {
        let path = self.path.strip_prefix("jobmon/src/")?.strip_suffix(".rs")?;
        let mut module: Vec<&str> = path.split('/').collect();
        if matches!(module.last(), Some(&("mod" | "lib"))) {
            module.pop();
        }
        Some(module)
    }

    /// The places where these tokens follow each other.
    pub(crate) fn places<'a>(&'a self, wanted: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
        (0..self.tokens.len()).filter(|&at| self.is_at(at, wanted))
    }

    pub(crate) fn is_at(&self, at: usize, wanted: &[&str]) -> bool {
        let there = self.tokens[at..].iter().map(|token| token.text.as_str());
        wanted.len() <= self.tokens.len() - at && there.zip(wanted).all(|(there, wanted)| there == *wanted)
    }

    pub(crate) fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }
}

/// Something that breaks a rule.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) rule: &'static str,
    pub(crate) path: String,
    pub(crate) line: usize,
    /// What is wrong and what is to be done.
    words: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} ({})", self.path, self.line, self.words, self.rule)
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    all: Vec<Finding>,
    rule: &'static str,
}

impl Findings {
    pub(crate) fn of(&mut self, rule: &'static str, source: &Source, check: fn(&Source, &mut Self)) {
        self.rule = rule;
        check(source, self);
    }

    pub(crate) fn add(&mut self, source: &Source, line: usize, words: impl Into<String>) {
        self.all.push(Finding { rule: self.rule, path: source.path.clone(), line, words: words.into() });
    }

    /// At a token of the file.
    pub(crate) fn add_at(&mut self, source: &Source, token: usize, words: impl Into<String>) {
        self.add(source, source.tokens[token].line, words);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.all.iter()
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The modules of `jobmon`.
pub(crate) fn modules() -> Vec<String> {
    let entries = fs::read_dir(root().join("jobmon/src")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut modules: Vec<String> = names.map(|name| name.trim_end_matches(".rs").to_owned()).collect();
    modules.sort();
    modules
}

/// All Rust files, but for the cases of the UI tests: those stand for what users write.
pub(crate) fn all() -> Vec<Source> {
    let mut sources = Vec::new();
    gather(&root(), &root(), &mut sources);
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn gather(root: &Path, directory: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let hidden = path.file_name().unwrap().to_str().unwrap().starts_with('.');
        if hidden || ["target", "health-out", "tests/ui"].contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            gather(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(Source::new(name, &fs::read_to_string(&path).unwrap()));
        }
    }
}
