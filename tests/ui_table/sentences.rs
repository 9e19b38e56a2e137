//! What the macros can say, taken from their source: each text that has a blank in it is a sentence of a message.

use crate::root;
use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};
use std::fs;
use std::path::Path;

/// A text in the source with which something is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sentence {
    /// The file, from the root of the repository.
    pub(crate) file: String,
    /// The text, with `{..}` where something is filled in.
    pub(crate) text: String,
}

/// Where sentences are. Of the last two only what is said of an unmet trait is told by the compiler.
const FOLDERS: &[(&str, Takes)] = &[
    ("jobmon-macros/src", Takes::All),
    ("jobmon-syntax/src", Takes::All),
    ("jobmon/src/model", Takes::OfTraits),
    ("jobmon/src/plan", Takes::OfTraits),
];

/// Files of these folders whose texts are told by a run, or by a test.
const NOT_OF_THE_COMPILER: &[&str] =
    &["command/render.rs", "src/quote.rs", "src/robust.rs", "src/properties.rs", "src/renamed.rs"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    All,
    OfTraits,
}

/// All sentences, in the order of the files and of the text in them, each once in a file.
pub(crate) fn all() -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for (folder, takes) in FOLDERS {
        for path in crate::files(&root().join(folder), "rs") {
            let file = path.strip_prefix(root()).expect("it is below the root").to_str().expect("it is UTF-8");
            if file.contains("/tests") || NOT_OF_THE_COMPILER.iter().any(|other| file.ends_with(other)) {
                continue;
            }
            of_file(&path, *takes, &mut |text| {
                let sentence = Sentence { file: file.to_owned(), text };
                if !sentences.contains(&sentence) {
                    sentences.push(sentence);
                }
            });
        }
    }
    sentences
}

fn of_file(path: &Path, takes: Takes, found: &mut dyn FnMut(String)) {
    let text = fs::read_to_string(path).unwrap();
    walk(text.parse::<TokenStream>().unwrap(), takes, found);
}

/// What calls of these are given is said when the program is wrong, not its user.
const NOT_TOLD: &[&str] = &["expect", "assert", "assert_eq", "debug_assert", "panic", "unreachable"];

fn walk(tokens: TokenStream, takes: Takes, found: &mut dyn FnMut(String)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Group(group) => match attribute(&tokens, at) {
                Some(Attribute::Test) => at += item(&tokens[at + 1..]),
                Some(Attribute::OfTrait) => walk(group.stream(), Takes::All, found),
                Some(Attribute::Other) => {}
                None if called(&tokens[..at]).is_some_and(|name| NOT_TOLD.contains(&name.as_str())) => {}
                None => walk(group.stream(), takes, found),
            },
            TokenTree::Literal(literal) if takes == Takes::All => {
                if let Some(text) = text(literal).filter(|text| is_sentence(text)) {
                    found(text);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

enum Attribute {
    /// `#[cfg(test)]`.
    Test,
    /// `#[diagnostic::on_unimplemented(..)]`.
    OfTrait,
    Other,
}

/// What kind of attribute the group is, if it is one.
fn attribute(tokens: &[TokenTree], at: usize) -> Option<Attribute> {
    let TokenTree::Group(group) = &tokens[at] else { return None };
    let hash = |before: usize| matches!(at.checked_sub(before).map(|at| &tokens[at]), Some(TokenTree::Punct(p)) if p.as_char() == '#');
    let inner =
        matches!(at.checked_sub(1).map(|at| &tokens[at]), Some(TokenTree::Punct(p)) if p.as_char() == '!') && hash(2);
    if group.delimiter() != Delimiter::Bracket || !(hash(1) || inner) {
        return None;
    }
    let text: String = group.stream().to_string().split_whitespace().collect();
    Some(match text.as_str() {
        text if text.starts_with("cfg(test)") || text == "test" => Attribute::Test,
        text if text.starts_with("diagnostic::on_unimplemented") => Attribute::OfTrait,
        _ => Attribute::Other,
    })
}

/// How many tokens the item at the beginning has.
fn item(tokens: &[TokenTree]) -> usize {
    let end = tokens.iter().position(|token| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    });
    end.map_or(tokens.len(), |end| end + 1)
}

/// The name of the function or macro that is called with the group after these tokens.
fn called(before: &[TokenTree]) -> Option<String> {
    let name = match before {
        [.., TokenTree::Ident(name), TokenTree::Punct(mark)] if mark.as_char() == '!' => name,
        [.., TokenTree::Ident(name)] => name,
        _ => return None,
    };
    Some(name.to_string())
}

fn text(literal: &Literal) -> Option<String> {
    match syn::Lit::new(literal.clone()) {
        syn::Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// Whether it has several words, one of which at least is not filled in.
fn is_sentence(text: &str) -> bool {
    text.trim().contains(' ') && pieces(text).iter().any(|piece| piece.contains(char::is_alphabetic))
}

/// Sentences that stand in others too, as they are told.
const WITHIN: &[(&str, &str)] = &[
    (r#"name = "f""#, r#" takes {}: `name = "f"`"#),
    ("a path", "takes a path: `"),
    ("a value", "takes a value: `"),
    ("`{}` takes {expected}: `{}`", "` takes {}: `"),
    (r#"name = "fit""#, r#" takes {}: `name = "fit"`"#),
    ("version = 2", " takes {}: `version = 2`"),
    (r#"memory = "8G""#, r#" takes {}: `memory = "8G"`"#),
    ("cores = 4", " takes {}: `cores = 4`"),
    (r#"stdout = "{out}""#, r#" takes {}: `stdout = "{}"`"#),
    ("memory = 1.5", " takes {}: `memory = 1.5`"),
    ("runtime = 2.0", " takes {}: `runtime = 2.0`"),
    (r#"delay = "10s""#, r#" takes {}: `delay = "10s"`"#),
    ("backoff = 2.0", " takes {}: `backoff = 2.0`"),
    ("`{option}` can't go to {:?}: {wrong}", "` can't go to {}: "),
    ("its {verb} {}", "its argument{} `"),
    ("write `{{{name}}}`; {DOUBLED}", "write `{}`; a brace that is text is doubled"),
    ("write `{{{name}}}{mark}`", "stands after the brace{} write `"),
    ("write `{{{name}}}`", "is no part of the name {} write `"),
    ("`|` is a pipe", "error: `|` is a pipe"),
    ("`{text}` is no {}", "` is no memory; write it as"),
    ("`{Self}` is no task", "]: `{}` is no task"),
    ("argument is", "its argument is `"),
    ("arguments are", "its arguments are `"),
];

impl Sentence {
    /// Whether the message says it: what stands between its `{..}` comes in this order.
    pub(crate) fn is_said_in(&self, message: &str) -> bool {
        let within = WITHIN.iter().find(|(short, _)| *short == self.text).map(|(_, within)| *within);
        let pieces = pieces(within.unwrap_or(&self.text));
        let Some((first, rest)) = pieces.split_first() else { return false };
        let begins =
            |at: usize| !(first.starts_with(char::is_alphanumeric) && message[..at].ends_with(char::is_alphanumeric));
        let mut found = message.match_indices(first.as_str()).filter(|(at, _)| begins(*at));
        found.any(|(at, _)| goes_on(first, rest, &message[at + first.len()..]))
    }

    /// Whether what is not filled in is too little to be known by, and nothing tells what it stands within.
    pub(crate) fn is_too_short(&self) -> bool {
        let letters = pieces(&self.text).concat().chars().filter(|c| c.is_alphabetic()).count();
        letters < 9 && WITHIN.iter().all(|(short, _)| *short != self.text)
    }
}

/// Whether the message goes on with these pieces after `last`. What is filled in between quotes has none in it.
fn goes_on(last: &str, pieces: &[String], message: &str) -> bool {
    let Some((next, rest)) = pieces.split_first() else { return true };
    let quoted = last.ends_with('`') && next.starts_with('`');
    let within = if quoted { message.find('`').map_or(0, |end| end + next.len()) } else { message.len() };
    let within = &message[..message.floor_char_boundary(within)];
    within.match_indices(next.as_str()).any(|(at, _)| goes_on(next, rest, &message[at + next.len()..]))
}

/// The text between the `{..}`, white space as one blank. Braces stand in messages with or without being doubled.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut inside = false;
    for char in crate::one_line(text).chars() {
        match char {
            '{' => inside = true,
            '}' => inside = false,
            _ if inside => {}
            char => {
                pieces.last_mut().expect("there is one").push(char);
                continue;
            }
        }
        pieces.push(String::new());
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

#[test]
fn sentences_are_found_where_they_are_told() {
    let source = r#"
        //! Not this one.
        #[doc = "nor this"] const ONE: &str = "one word";
        fn f() { errors.error(at, format!("two {name} words")); g.expect("a bug"); assert!(x, "a test"); "word" }
        #[cfg(test)] mod tests { const TWO: &str = "of a test"; }
        #[diagnostic::on_unimplemented(message = "`{Self}` is none")] trait T { const X: &str = "three words here"; }
    "#;
    let texts = |takes| {
        let mut texts = Vec::new();
        walk(source.parse::<TokenStream>().unwrap(), takes, &mut |text| texts.push(text));
        texts
    };
    assert_eq!(texts(Takes::All), ["one word", "two {name} words", "`{Self}` is none", "three words here"]);
    assert_eq!(texts(Takes::OfTraits), ["`{Self}` is none"]);
}

#[test]
fn a_sentence_is_known_by_what_is_not_filled_in() {
    let sentence = |text: &str| Sentence { file: String::new(), text: text.to_owned() };
    let message = "error: `a` has {b}; write `{a}` twice";
    assert!(sentence("`{name}` has {{{x}}};  write `{{{name}}}`\n twice").is_said_in(message));
    assert!(!sentence("`{name}` had {x}").is_said_in(message));
    assert!(!sentence("twice `{name}` has").is_said_in(message));
}
