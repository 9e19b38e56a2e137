//! Any tokens as options, any struct: the macros do not panic, the item is there, and each mistake is told at a place
//! inside of what was written.

use crate::{arg_value, attribute, grid, template};
use proc_macro2::{Ident, TokenStream, TokenTree};
use proptest::prelude::*;

/// Words of the language and others, so that some of what comes of them is nearly right.
const WORDS: &[&str] = &[
    "command",
    "name",
    "version",
    "memory",
    "runtime",
    "cores",
    "queue",
    "max_attempts",
    "scale",
    "stdout",
    "stderr",
    "env",
    "shell",
    "max_concurrently_running",
    "crate",
    "memroy",
    "self",
    "Self",
    "struct",
    "r#type",
    "_",
    "a",
    "x",
    "in",
    "if",
    "for",
    "Fit",
    "true",
    "jobmon",
    "'a",
    "=",
    "=",
    "=",
    ",",
    ",",
    ",",
    ":",
    "::",
    "..",
    "..=",
    "&",
    "<",
    ">",
    "#",
    "!",
    "?",
    "|",
    ";",
    "-",
    "0",
    "1",
    "2",
    "1.5",
    "0.5",
    "8G",
    "5_000_000_000",
    "1e400",
    "b\"x\"",
    "'c'",
    "c\"x\"",
    "\"8G\"",
    "\"1h30m\"",
    "\"8\"",
    "\"fit {a}\"",
    "\"fit {a}... [{b}? --b] [--c {c}]\"",
    "\"{a}/{b}\"",
    "\"\"",
    "r#\"{a}\"#",
    "\"fit {type} {nobody}\"",
    "\"a | b {\"",
];

const TYPES: &[&str] =
    &["u32", "Option<T>", "Vec<String>", "&'a [u8]", "TaskRef<Self>", "fn(u8) -> !", "[u8; 3]", "()"];

/// Items that are no struct, whole or nearly.
const FOREIGN: &[&str] = &[
    "fn fit(a: u32) -> u32 { a }",
    "async fn fit() {}",
    "union Fit { a: u32, b: f32 }",
    "impl Fit { fn a(&self) {} }",
    "impl<T> Clone for Fit<T> {}",
    "trait Fit: Clone { type A; }",
    "type Fit = u32;",
    "const FIT: u32 = 3;",
    "static FIT: &str = \"fit\";",
    "mod fit { use super::a; }",
    "use a::{b, c as _};",
    "extern crate std as other;",
    "fit! { a in b }",
    "macro_rules! fit { () => {}; }",
    "let a = 3;",
    "pub",
];

/// A text in quotes with what commands are made of.
fn text() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "a", "b", "type", "year", "{", "}", "{a}", "{b}", "{type}", "{r#a}", "{a b}", "{self}", "...", "?", "[", "]",
        " ", " ", "\n", "'", "\"", "\\", "|", "$", "~", "é", "\0", "-", ".",
    ]);
    prop::collection::vec(part, 0..12).prop_map(|parts| format!("{:?}", parts.concat()))
}

/// Any tokens, with groups in them.
fn tokens() -> impl Strategy<Value = String> {
    let word = prop_oneof![4 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => text()];
    word.prop_recursive(3, 24, 6, |inner| {
        (prop::collection::vec(inner, 0..6), prop::sample::select(vec![("(", ")"), ("[", "]"), ("{", "}"), (" ", " ")]))
            .prop_map(|(inner, (open, close))| format!("{open}{}{close}", inner.join(" ")))
    })
}

/// Options: some as they should be, some not, and anything.
fn options() -> impl Strategy<Value = String> {
    let option = prop_oneof![
        2 => text().prop_map(|text| format!("command = {text}")),
        1 => prop::collection::vec(text(), 0..4).prop_map(|words| format!("command = [{}]", words.join(", "))),
        1 => text().prop_map(|text| format!("stdout = {text}")),
        1 => (prop::sample::select(WORDS), tokens()).prop_map(|(name, value)| format!("{name} = {value}")),
        1 => (prop::sample::select(WORDS), tokens()).prop_map(|(name, value)| format!("{name}({value})")),
        1 => tokens(),
    ];
    prop_oneof![
        4 => prop::collection::vec(option, 0..5).prop_map(|options| options.join(", ")),
        1 => prop::collection::vec(tokens(), 0..8).prop_map(|tokens| tokens.join(" ")),
    ]
}

fn attributes() -> impl Strategy<Value = String> {
    let attribute = prop_oneof![
        4 => prop::sample::select(vec!["node_arg", "task_arg", "op_arg", "upstream", "node_args", "other", "a::b"])
            .prop_map(|name| format!("#[{name}]")),
        1 => (prop::sample::select(vec!["node_arg", "upstream", "task_template", "arg_value", "doc", "cfg"]), tokens())
            .prop_map(|(name, inner)| format!("#[{name}({inner})]")),
        1 => Just("#[task_template = 3] #[doc = \"words\"]".to_owned()),
    ];
    prop::collection::vec(attribute, 0..3).prop_map(|attributes| attributes.join(" "))
}

fn fields() -> impl Strategy<Value = Vec<String>> {
    let name = prop::sample::select(vec!["a", "b", "c", "year", "r#type", "_x"]);
    let field = (attributes(), name, prop::sample::select(TYPES));
    let field = field.prop_map(|(attributes, name, ty)| format!("{attributes} {name}: {ty}"));
    prop::collection::vec(field, 0..5)
}

/// A struct, mostly; else another item that a derive may stand on.
fn item() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(vec!["Fit", "r#Fit", "HTTPServer", "Größe", "_A", "__"]);
    let generics = || prop::sample::select(vec!["", "", "<'a>", "<'a, T: Clone, const N: usize>"]);
    let named = (attributes(), name(), generics(), fields()).prop_map(|(attributes, name, generics, fields)| {
        format!("{attributes} pub struct {name}{generics} {{ {} }}", fields.join(", "))
    });
    let tuple = (attributes(), name(), attributes())
        .prop_map(|(outer, name, inner)| format!("{outer} struct {name}({inner} u8);"));
    let variant = (attributes(), prop::sample::select(vec!["A", "Bc", "r#type", "D(u8)", "E { x: u8 }", "F = 3"]));
    let variants =
        prop::collection::vec(variant.prop_map(|(attributes, variant)| format!("{attributes} {variant}")), 0..4);
    let others = (attributes(), name(), variants)
        .prop_map(|(attributes, name, variants)| format!("{attributes} enum {name} {{ {} }}", variants.join(", ")));
    let unit = name().prop_map(|name| format!("struct {name};"));
    // What a template can stand on by mistake.
    let foreign =
        (attributes(), prop::sample::select(FOREIGN)).prop_map(|(attributes, item)| format!("{attributes} {item}"));
    prop_oneof![6 => named, 1 => tuple, 2 => others, 1 => unit, 1 => foreign]
}

/// The tokens of a text; `None` where it is none of Rust, which the compiler tells before any macro.
fn lexed(text: &str) -> Option<TokenStream> {
    text.parse().ok()
}

/// The places of the mistakes that are told.
fn mistakes(tokens: TokenStream, found: &mut Vec<Ident>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => mistakes(group.stream(), found),
            TokenTree::Ident(name) if name == "compile_error" => found.push(name),
            _ => {}
        }
    }
}

/// Whether each mistake is told inside the input: a macro's own tokens have no place in any text.
fn told_inside(expanded: &TokenStream, input: &str) -> Result<usize, TestCaseError> {
    let mut found = Vec::new();
    mistakes(expanded.clone(), &mut found);
    for mistake in &found {
        let (place, range) = (mistake.span().source_text(), mistake.span().byte_range());
        // By its range too: any short word is somewhere in the input.
        let inside = place.is_some() && input.get(range.clone()) == place.as_deref();
        prop_assert!(inside, "told at {place:?}, {range:?}, which is not in\n{input}\n{expanded}");
    }
    Ok(found.len())
}

fn implements(expanded: &TokenStream, name: &str) -> bool {
    expanded.to_string().contains(&format!("{name} for"))
}

/// Whether it is what stands for a template with a mistake.
fn is_stand_in(expanded: &TokenStream) -> bool {
    expanded.to_string().contains(r#"CommandSpec :: Text ("true")"#)
}

proptest! {
    #[test]
    fn a_template_is_right_or_has_its_mistakes_told_inside(options in options(), item in item()) {
        let (Some(given), Some(tokens)) = (lexed(&options), lexed(&item)) else { return Ok(()) };
        let expanded = attribute::expand(&given, &tokens);
        let text = expanded.to_string();
        if tokens.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "struct")) {
            prop_assert!(text.ends_with(&tokens.to_string()), "the item is not there: {text}");
            prop_assert_eq!(told_inside(&expanded, &item)?, 0, "the derive tells the mistakes");
        } else {
            prop_assert!(told_inside(&expanded, &item)? > 0, "nothing is said: {text}");
        }
        // What the compiler gives the derive then.
        let input = format!("#[task_template({options})] {item}");
        let Some(Ok(derived)) = lexed(&input).map(syn::parse2) else { return Ok(()) };
        let expanded = template::expand(derived);
        prop_assert!(implements(&expanded, "TaskTemplate"), "no implementation: {expanded}");
        let told = told_inside(&expanded, &input)?;
        // What the compiler is made to tell inside the literal has no `compile_error`.
        let inside = expanded.to_string().contains("struct Placeholder");
        prop_assert!(told > 0 || inside || !is_stand_in(&expanded), "a stand-in without a message: {expanded}");
    }

    #[test]
    fn an_enum_is_right_or_has_its_mistakes_told_inside(item in item()) {
        let Some(Ok(input)) = lexed(&item).map(syn::parse2) else { return Ok(()) };
        let expanded = arg_value::expand(&input);
        prop_assert!(implements(&expanded, "ArgValue"), "no implementation: {expanded}");
        told_inside(&expanded, &item)?;
    }

    #[test]
    fn a_grid_is_a_list_whatever_stands_in_it(entries in prop::collection::vec(tokens(), 0..10)) {
        for input in [format!("Fit {{ {} }}", entries.join(" ")), entries.join(" ")] {
            let Some(tokens) = lexed(&input) else { return Ok(()) };
            let expanded = grid::expand(tokens);
            prop_assert!(expanded.to_string().contains("Vec"), "no list: {expanded}");
            // Of an empty grid there is nothing to point at but the macro's name.
            if !input.trim().is_empty() {
                told_inside(&expanded, &input)?;
            }
        }
    }
}

#[test]
fn a_grid_that_ends_too_early_is_told_inside() {
    for input in [
        "<",
        "< a",
        "<a as",
        "a::",
        "a::<",
        "a::<b",
        "Fit",
        "&",
        "Fit { a in }",
        "Fit { a: }",
        "Fit { .. }",
        "Fit { if",
    ] {
        let Some(tokens) = lexed(input) else { continue };
        assert_eq!(told_inside(&grid::expand(tokens), input).unwrap(), 1, "{input}");
    }
}

#[test]
fn a_mistake_has_its_place() {
    let input = "#[task_template(command = \"fit\", memroy = 3)] struct Fit;";
    let expanded = template::expand(syn::parse_str(input).unwrap());
    let mut found = Vec::new();
    mistakes(expanded, &mut found);
    let places: Vec<_> = found.iter().map(|mistake| mistake.span().source_text().unwrap()).collect();
    assert_eq!(places, ["memroy"]);
}
