//! What is said of retries: `retry(..)`, and `exit(42) = no_retry`.

use super::{Options, quoted};
use crate::diagnostics::Diagnostics;
use crate::given::{self, Given, Of};
use jobmon_syntax::suggest::did_you_mean;
use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, LitInt, RangeLimits, Token};

/// What is said of retries.
#[derive(Default)]
pub(crate) struct Retry {
    /// The variants of `FailureKind` that are tried again.
    pub(crate) on: Option<Vec<&'static str>>,
    pub(crate) at_most: Vec<(&'static str, u32)>,
    pub(crate) exits: Vec<Exit>,
    pub(crate) delay: Option<u64>,
    pub(crate) backoff: Option<f64>,
    pub(crate) max_delay: Option<u64>,
    pub(crate) jitter: Option<bool>,
}

/// What exit codes in a row mean.
pub(crate) struct Exit {
    pub(crate) first: u8,
    pub(crate) last: u8,
    /// The variant of `ExitMeaning`.
    pub(crate) meaning: &'static str,
}

/// The kinds of failures that may be tried again, and their variants.
const KINDS: &[(&str, &str)] = &[
    ("out_of_memory", "OutOfMemory"),
    ("timeout", "Timeout"),
    ("exit", "Exit"),
    ("signal", "Signal"),
    ("output_missing", "OutputMissing"),
    ("start_failed", "StartFailed"),
    ("node_failed", "NodeFailed"),
    ("preempted", "Preempted"),
    ("vanished", "Vanished"),
];

/// What an exit code can mean, and the variants.
const MEANINGS: &[(&str, &str)] = &[
    ("no_retry", "NoRetry"),
    ("retry", "Retry"),
    ("retry_without_spending", "RetryWithoutSpending"),
    ("out_of_memory", "OutOfMemory"),
    ("timeout", "Timeout"),
];

const WORDS: [&str; 6] = ["on", "at_most", "delay", "backoff", "max_delay", "jitter"];

/// Reads `retry(on = [exit, timeout], delay = "10s", ..)`.
pub(super) fn read_retry(options: &mut Options, given: &Given, errors: &mut Diagnostics) {
    let Some(tokens) = given.list(errors) else { return };
    if tokens.is_empty() {
        errors.error(&given.name, format!("`retry` says nothing; write `{}`", given.example));
    }
    let retry = &mut options.retry;
    let mut seen: Vec<String> = Vec::new();
    let mut bounds = Vec::new();
    let mut longest = None;
    for said in given::split(tokens, Of::Retry) {
        let Some(said) = errors.ok(said) else { continue };
        let name = said.name.to_string();
        if seen.contains(&name) {
            errors.error(&said.name, format!("`{name}` is given twice"));
            continue;
        }
        match name.as_str() {
            "on" => retry.on = read_kinds(&said.expecting("on = [exit, timeout]"), errors),
            "at_most" => bounds = read_bounds(&said.expecting("at_most(timeout = 1)"), errors),
            "delay" => retry.delay = said.expecting(r#"delay = "10s""#).wall_time(errors),
            "backoff" => retry.backoff = said.expecting("backoff = 2.0").backoff(errors),
            "max_delay" => {
                longest = Some(said.name.clone());
                retry.max_delay = said.expecting(r#"max_delay = "5m""#).wall_time(errors);
            }
            "jitter" => retry.jitter = said.expecting("jitter = true").flag(errors),
            _ => errors.error(&said.name, unknown_word(&name)),
        }
        seen.push(name);
    }
    for (name, kind, retries) in bounds {
        if retry.on.as_ref().is_some_and(|on| !on.contains(&kind)) {
            errors.error(&name, format!("`{name}` has a bound, but `on` leaves it out"));
        }
        retry.at_most.push((kind, retries));
    }
    if let (Some(longest), Some(delay), Some(most)) = (longest, retry.delay, retry.max_delay)
        && most < delay
    {
        errors.error(&longest, "`max_delay` is shorter than `delay`, which it is to bound");
    }
}

fn unknown_word(name: &str) -> String {
    match name {
        "attempts" | "max_attempts" => {
            "how often a task may run is an option of its own: `max_attempts = 3`".to_owned()
        }
        "exit" => "what an exit code means is an option of its own: `exit(42) = no_retry`".to_owned(),
        _ => match did_you_mean(name, WORDS) {
            Some(near) => format!("`retry` has no `{name}`; did you mean `{near}`?"),
            None => format!("`retry` has no `{name}`; it takes {}", quoted(WORDS.into_iter())),
        },
    }
}

fn read_kinds(given: &Given, errors: &mut Diagnostics) -> Option<Vec<&'static str>> {
    let words = given.words("kinds of failures in a list", errors)?;
    let mut kinds = Vec::new();
    for word in &words {
        let Some(kind) = kind(word, errors) else { continue };
        if kinds.contains(&kind) {
            errors.error(word, format!("`{word}` is given twice"));
        }
        kinds.push(kind);
    }
    Some(kinds)
}

fn read_bounds(given: &Given, errors: &mut Diagnostics) -> Vec<(Ident, &'static str, u32)> {
    let mut bounds: Vec<(Ident, &'static str, u32)> = Vec::new();
    let Some(tokens) = given.list(errors) else { return bounds };
    if tokens.is_empty() {
        errors.error(&given.name, format!("`at_most` bounds nothing; write `{}`", given.example));
    }
    for bound in given::split(tokens, Of::AtMost) {
        let Some(bound) = errors.ok(bound) else { continue };
        let Some(kind) = kind(&bound.name, errors) else { continue };
        let name = bound.name.clone();
        if bounds.iter().any(|(_, known, _)| *known == kind) {
            errors.error(&name, format!("`{name}` is given twice"));
            continue;
        }
        let example = format!("{name} = 1");
        let zero = "it would never be tried again; leave it out of `on` instead";
        bounds.extend(bound.expecting(example).count(errors, zero).map(|retries| (name, kind, retries)));
    }
    bounds
}

/// The variant of a kind of failures.
fn kind(word: &Ident, errors: &mut Diagnostics) -> Option<&'static str> {
    let name = word.unraw().to_string();
    if name == "resources_failed" {
        errors.error(word, "a function that failed to compute resources is never asked again");
        return None;
    }
    let found = variant(KINDS, &name);
    if found.is_none() {
        let told = match did_you_mean(&name, KINDS.iter().map(|(known, _)| *known)) {
            Some(near) => format!("`{name}` is no kind of failure; did you mean `{near}`?"),
            None => {
                format!("`{name}` is no kind of failure; there are {}", quoted(KINDS.iter().map(|(known, _)| *known)))
            }
        };
        errors.error(word, told);
    }
    found
}

fn variant(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == name).map(|(_, variant)| *variant)
}

/// Reads `exit(42) = no_retry`, `exit(64..=78) = no_retry`, `exit(1, 3) = retry`.
pub(super) fn read_exit(options: &mut Options, given: &Given, errors: &mut Diagnostics) {
    let Some((codes, meaning)) = given.list_and_value("codes in parentheses and what they mean", errors) else {
        return;
    };
    let meaning = read_meaning(given, meaning, errors);
    let Ok(codes) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(codes.clone()) else {
        return errors.error(&codes, NO_CODE);
    };
    if codes.is_empty() {
        errors.error(&given.name, format!("`exit` names no code; write `{}`", given.example));
    }
    for written in &codes {
        let Some((first, last)) = read_codes(written, errors) else { continue };
        let exits = &mut options.retry.exits;
        if exits.iter().any(|known| known.first <= last && first <= known.last) {
            errors.error(written, "this exit code was given a meaning before");
        }
        exits.extend(meaning.map(|meaning| Exit { first, last, meaning }));
    }
}

fn read_meaning(given: &Given, tokens: TokenStream, errors: &mut Diagnostics) -> Option<&'static str> {
    let word = |input: ParseStream<'_>| input.call(Ident::parse_any);
    let Ok(word) = word.parse2(tokens.clone()) else {
        let at = if tokens.is_empty() { quote::ToTokens::to_token_stream(&given.name) } else { tokens };
        errors.error(at, format!("an exit code means one of {}", quoted(MEANINGS.iter().map(|(known, _)| *known))));
        return None;
    };
    let name = word.unraw().to_string();
    let found = variant(MEANINGS, &name);
    if found.is_none() {
        let names = || MEANINGS.iter().map(|(known, _)| *known);
        errors.error(
            &word,
            match did_you_mean(&name, names()) {
                Some(near) => format!("an exit code can't mean `{name}`; did you mean `{near}`?"),
                None => format!("an exit code can't mean `{name}`; it means one of {}", quoted(names())),
            },
        );
    }
    found
}

const NO_CODE: &str = "an exit code is a number from 1 to 255, or several in a row: `64..=78`";

/// The first and the last of what is written.
fn read_codes(written: &Expr, errors: &mut Diagnostics) -> Option<(u8, u8)> {
    match written {
        Expr::Range(range) if matches!(range.limits, RangeLimits::Closed(_)) => {
            let (Some(first), Some(last)) = (&range.start, &range.end) else {
                errors.error(written, NO_CODE);
                return None;
            };
            let (first, last) = read_code(first, errors).zip(read_code(last, errors))?;
            if first > last {
                errors.error(written, "there are no such codes; the smaller one comes first");
                return None;
            }
            Some((first, last))
        }
        Expr::Range(_) => {
            errors.error(written, "write `..=`: the last code is one of them");
            None
        }
        code => read_code(code, errors).map(|code| (code, code)),
    }
}

fn read_code(written: &Expr, errors: &mut Diagnostics) -> Option<u8> {
    match number(written).map(LitInt::base10_parse::<u8>) {
        Some(Ok(0)) => errors.error(written, "0 is success, which no policy can change"),
        Some(Ok(code)) => return Some(code),
        Some(Err(_)) | None => errors.error(written, NO_CODE),
    }
    None
}

/// What comes through a `macro_rules!` fragment is in an invisible group.
fn number(written: &Expr) -> Option<&LitInt> {
    match written {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.suffix().is_empty() => Some(number),
        Expr::Group(group) => number(&group.expr),
        _ => None,
    }
}
