//! Each dependency comes from crates.io under a licence of `deny.toml`: the check where `cargo deny` is not at hand.
#![expect(clippy::disallowed_methods, reason = "a test asks cargo what it builds with")]

use std::path::Path;
use std::process::Command;

/// Whether an SPDX expression can be met by the allowed licences. `/` is the old way to write `OR`.
fn is_met(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = expression.split_whitespace().peekable();
    let met = any(&mut words, allowed);
    met && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words, allowed);
    }
    met
}

fn all(words: &mut Words<'_>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &dyn Fn(&str) -> bool) -> bool {
    let Some(word) = words.next() else { return false };
    if word == "(" {
        let met = any(words, allowed);
        return words.next() == Some(")") && met;
    }
    match words.next_if_eq(&"WITH") {
        Some(_) => allowed(&format!("{word} WITH {}", words.next().unwrap_or_default())),
        None => allowed(word),
    }
}

#[test]
fn expressions_are_understood() {
    let allowed = |licence: &str| ["MIT", "Zlib", "A WITH B"].contains(&licence);
    for met in ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-3.0", "MIT AND (GPL-3.0 OR Zlib)", "A WITH B OR GPL-3.0"] {
        assert!(is_met(met, &allowed), "{met}");
    }
    for not in ["GPL-3.0", "MIT AND GPL-3.0", "A", "(MIT", "", "MIT AND (GPL-3.0 OR A)"] {
        assert!(!is_met(not, &allowed), "{not}");
    }
}

#[test]
fn each_dependency_is_of_crates_io_and_under_an_allowed_licence() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let list = std::fs::read_to_string(root.join("deny.toml")).unwrap();
    let list = list.split_once("allow = [").unwrap().1.split_once(']').unwrap().0;
    let allowed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    assert!(allowed.contains(&"MIT"));
    let asked = Command::new(env!("CARGO"))
        // For Linux only: what other systems would need is not downloaded where tests are run.
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(&root)
        .output()
        .unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 20);
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or("none");
        if !is_met(licence, &|licence| allowed.contains(&licence)) {
            wrong.push(format!("{name}: {licence}"));
        }
        let source = package["source"].as_str();
        let known =
            source.is_none_or(|source| source.starts_with("registry+https://github.com/rust-lang/crates.io-index"));
        if !known {
            wrong.push(format!("{name}: comes from {}", source.unwrap_or_default()));
        }
    }
    assert_eq!(wrong, [""; 0], "allow it in deny.toml, or do without it");
}
