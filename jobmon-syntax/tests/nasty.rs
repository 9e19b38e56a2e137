//! Texts that nobody would write: no panic, spans on borders of characters, and words as `sh` makes them.

use std::ops::Range;

use jobmon_syntax::command::{Item, Placeholder, SyntaxError, Value, find_placeholders, parse, parse_text};
use jobmon_syntax::quote::{quote, quote_argv};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;

/// Whatever `text` is, each way to read it keeps its promises.
fn check(text: &str) {
    match parse(text) {
        Ok(command) => {
            assert!(matches!(command.items().first(), Some(Item::Word(word)) if word.splice.is_none()), "`{text}`");
            for (placeholder, _) in command.placeholders() {
                check_placeholder(text, placeholder);
            }
            for item in command.items() {
                check_span(text, &item.span());
            }
            let words = command.render(|_| Some(Value::One("v")));
            let lists = command.placeholders().any(|(placeholder, _)| text[placeholder.span.end..].starts_with("..."));
            assert!(words.is_ok() || lists, "`{text}`: {words:?}");
            check_format_string(text);
        }
        Err(errors) => check_errors(text, &errors),
    }
    for (placeholder, _) in find_placeholders(text) {
        check_span(text, &placeholder.span);
    }
    match parse_text(text) {
        Ok(template) => template.placeholders().for_each(|placeholder| check_placeholder(text, placeholder)),
        Err(errors) => check_errors(text, &errors),
    }
}

fn check_span(text: &str, span: &Range<usize>) {
    assert!(text.get(span.clone()).is_some(), "{span:?} is no place in `{text}`");
}

fn check_placeholder(text: &str, placeholder: &Placeholder) {
    assert_eq!(text.get(placeholder.span.clone()), Some(format!("{{{}}}", placeholder.name).as_str()));
}

fn check_errors(text: &str, errors: &[SyntaxError]) {
    assert!(!errors.is_empty());
    assert!(errors.is_sorted_by_key(|error| error.span.start), "`{text}`: {errors:?}");
    for error in errors {
        check_span(text, &error.span);
    }
    assert_eq!(errors[0].picture(text).lines().count(), 4, "`{text}`");
}

/// What is right as a command is a format string too: braces are doubled or hold a name.
fn check_format_string(text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let brace = &rest[at..];
        rest = if brace.starts_with("{{") || brace.starts_with("}}") {
            &brace[2..]
        } else {
            let name = brace.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let (name, after) = name.unwrap_or_else(|| panic!("`{text}` is no format string"));
            assert!(!name.is_empty() && name.chars().all(|c| c == '_' || c.is_alphanumeric()), "`{text}`");
            after
        };
    }
}

#[test]
fn all_short_texts_of_nasty_characters() {
    let nasty = ['{', '}', '[', ']', '\'', '"', '\\', '.', '?', '$', ' ', 'é'];
    let mut texts = vec![String::new()];
    let mut checked = 0;
    for length in 0..=5 {
        for text in &texts {
            check(text);
        }
        checked += texts.len();
        if length < 5 {
            texts = texts.iter().flat_map(|text| nasty.map(|c| format!("{text}{c}"))).collect();
        }
    }
    assert_eq!(checked, 271_453);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_text_of_the_grammar(text in vec(select(&[
        "{x}", "{y}...", "{z}?", "{{", "}}", "{", "}", "[", "]", "'", "\"", "\\", " ", "\n", "\r\n", "...", "a", "=", "~",
        "#", "$", "$(", "(", ")", "`", "|", "&", ";", "<", ">", "*", "?", "!", "é", "\0", "{x:", "r#", "cd",
    ][..]), 0..12)) {
        check(&text.concat());
    }

    #[test]
    fn any_value_is_one_word(value in "[^\0]*", list in vec("[^\0]*", 0..4)) {
        let command = parse("p '{v}' -{v}- [--f {v}] {l}...").expect("it follows the grammar");
        let borrowed: Vec<&str> = list.iter().map(String::as_str).collect();
        let words = command.render(|name| Some(if name == "v" { Value::One(&value) } else { Value::Many(&borrowed) }));
        let mut expected = vec!["p".to_owned(), value.clone(), format!("-{value}-"), "--f".to_owned(), value.clone()];
        expected.extend(list.clone());
        prop_assert_eq!(words, Ok(expected));
    }

    #[test]
    fn what_is_quoted_is_read_back(word in "[^\0]*") {
        let quoted = quote(&word).replace('{', "{{").replace('}', "}}");
        let command = parse(&format!("p {quoted}")).expect("quotes hide everything");
        prop_assert_eq!(command.render(|_| None), Ok(vec!["p".to_owned(), word]));
    }
}

/// The words that `sh` makes of `text`.
fn split_by_sh(text: &str) -> Vec<String> {
    #[expect(clippy::disallowed_methods, reason = "the shell is what the words are compared with")]
    let mut shell = std::process::Command::new("sh");
    let script = format!("printf '%s\\0' p {text}");
    let output = shell.env_clear().args(["-c", &script]).output().expect("`sh` is there");
    assert!(output.status.success(), "`{script}`: {}", String::from_utf8_lossy(&output.stderr));
    let words = String::from_utf8(output.stdout).expect("words are text");
    words.split_terminator('\0').map(ToOwned::to_owned).collect()
}

/// A piece of a command as we read it and as `sh` does: braces are doubled for us, and a newline is white space.
type Piece = (String, String);

fn for_both(text: String) -> Piece {
    (text.replace('{', "{{").replace('}', "}}"), text)
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let plain = "[a-z0-9_=:,./+%@^!é-]{1,4}".prop_map(for_both);
    let white = select(&[(" ", " "), ("\t", "\t"), ("\n", " "), (" \n  ", " "), (" ", " ")][..]);
    let white = white.prop_map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()));
    let joined = prop::strategy::Just(for_both("\\\n".to_owned()));
    let escaped = "\\\\[ a'\"$`|&;<>()*?~#\\[\\]!\t\\\\é=]".prop_map(for_both);
    let single = "'[^'\0\r]{0,5}'".prop_map(for_both);
    let double = "\"([^\"$`\0\r\\\\]|\\\\[\"$`a\\\\\n' {}é]){0,5}\"".prop_map(for_both);
    vec(prop_oneof![2 => plain, 2 => white, 1 => joined, 2 => escaped, 2 => single, 3 => double], 0..10)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn words_are_those_of_sh(pieces in pieces()) {
        let (ours, theirs): (Vec<_>, Vec<_>) = pieces.into_iter().unzip();
        let command = parse(&format!("p {}", ours.concat())).expect("everything is quoted");
        prop_assert_eq!(command.render(|_| None), Ok(split_by_sh(&theirs.concat())));
    }

    #[test]
    fn quoted_words_are_those_that_sh_reads(words in vec("[^\0]{0,8}|[ -~]{0,8}", 0..4)) {
        let program = ["p".to_owned()];
        let quoted = quote_argv(program.iter().chain(&words));
        prop_assert_eq!(&split_by_sh(&quoted)[2..], &words[..]);
    }
}

#[test]
fn the_program_is_quoted_when_the_shell_would_read_it_otherwise() {
    assert_eq!(quote_argv(["if", "if"]), "'if' if");
    assert_eq!(quote_argv(["A=1"]), "'A=1'");
    assert_eq!(quote_argv(["!", "~", "#", "{a,b}", "a\\"]), "'!' '~' '#' '{a,b}' 'a\\'");
    assert_eq!(quote("it's $5"), r"'it'\''s $5'");
    assert_eq!(quote_argv(Vec::<String>::new()), "");
}
