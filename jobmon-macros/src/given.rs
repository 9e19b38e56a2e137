//! One option as it is written, and the readers of its value.

mod policy;
mod scale;

pub(crate) use scale::Growth;

use crate::diagnostics::Diagnostics;
use jobmon_syntax::units::{UnitError, parse_memory, parse_wall_time};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use std::borrow::Cow;
use std::fmt::Display;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprArray, Lit, LitInt, LitStr, Path, Token};

/// An option: `name`, `name = value`, `name(list)` or `name(list) = value`.
pub(crate) struct Given {
    pub(crate) name: Ident,
    value: Value,
    /// How it is written, for messages.
    pub(crate) example: Cow<'static, str>,
}

enum Value {
    None,
    Tokens(TokenStream),
    List(TokenStream),
    /// A list, and a value for it.
    ListIs(TokenStream, TokenStream),
}

/// What options are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// Those of a template.
    Template,
    /// Those of `#[arg_value(..)]`.
    Enum,
    /// Variables in `env(..)`.
    Env,
    /// Factors in `scale(..)`.
    Scale,
    /// What stands in `retry(..)`.
    Retry,
    /// Bounds in `at_most(..)`.
    AtMost,
}

impl Of {
    /// What a text alone was meant to be, perhaps.
    fn for_a_text(self, text: &LitStr) -> String {
        let value = text.value();
        let meant = syn::parse_str::<Ident>(&value).is_ok();
        match self {
            Self::Template => "which one is it? For the command write `command = \"..\"`".to_owned(),
            Self::Enum => "for the text of a variant write `name = \"..\"`".to_owned(),
            Self::Env if meant => format!("a variable is written `{value} = \"..\"`, its name without quotes"),
            Self::Env => "a variable is written `NAME = \"..\"`, its name without quotes".to_owned(),
            Self::Scale if meant => format!("a scale is written `{value} = 1.5`, without quotes"),
            Self::Scale => "a scale is written `memory = 1.5`, without quotes".to_owned(),
            Self::Retry => "it is written `on = [exit, timeout]` or `delay = \"10s\"`".to_owned(),
            Self::AtMost => "a bound is written `timeout = 1`, without quotes".to_owned(),
        }
    }
}

/// A command as it is written.
pub(crate) enum Written {
    Text(LitStr),
    /// The words, and the list that they stand in.
    Words(Vec<LitStr>, ExprArray),
}

impl Written {
    /// The texts that it is made of.
    pub(crate) fn literals(&self) -> &[LitStr] {
        match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::Words(words, _) => words,
        }
    }
}

// What options take, in the words of messages.
const TEXT: &str = "a text in quotes";
const UNIT: &str = "a text with a unit, in quotes";
const COUNT: &str = "a whole number";
const SCALE: &str = "a number above 1";

/// Splits options at their commas, so that a mistake in one does not hide those in the others.
pub(crate) fn split(tokens: TokenStream, of: Of) -> impl Iterator<Item = syn::Result<Given>> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => parts.push(TokenStream::new()),
            (_, Some(part)) => part.extend([token]),
            (_, None) => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.into_iter().map(move |part| (|input: ParseStream<'_>| Given::parse(input, of)).parse2(part))
}

impl Given {
    fn parse(input: ParseStream<'_>, of: Of) -> syn::Result<Self> {
        if let Ok(text) = input.fork().parse::<LitStr>() {
            let message = format!("a text alone is no option; {}", of.for_a_text(&text));
            return Err(syn::Error::new_spanned(text, message));
        }
        let name = input
            .call(syn::ext::IdentExt::parse_any)
            .map_err(|error| syn::Error::new(error.span(), "expected an option, `name = value`"))?;
        let value = if input.is_empty() {
            Value::None
        } else if input.peek(syn::token::Paren) {
            let list;
            syn::parenthesized!(list in input);
            let list = list.parse()?;
            match input.parse::<Option<Token![=]>>()? {
                Some(_) => Value::ListIs(list, input.parse()?),
                None => Value::List(list),
            }
        } else if input.parse::<Option<Token![=]>>()?.is_some() {
            Value::Tokens(input.parse()?)
        } else {
            return Err(input.error(format!("expected `=` after `{name}`; options are parted by commas")));
        };
        if input.is_empty() {
            Ok(Self { name, value, example: Cow::Borrowed("") })
        } else {
            Err(input.error(format!("expected a comma after the option `{name}`")))
        }
    }

    /// The same option, with the way to write it.
    pub(crate) fn expecting(self, example: impl Into<Cow<'static, str>>) -> Self {
        Self { example: example.into(), ..self }
    }

    /// A text.
    pub(crate) fn text(&self, errors: &mut Diagnostics) -> Option<LitStr> {
        match self.literal(TEXT, errors)? {
            Lit::Str(text) => Some(text),
            other => self.wrong(&other, TEXT, errors),
        }
    }

    /// A text, or a list of texts.
    pub(crate) fn text_or_words(&self, errors: &mut Diagnostics) -> Option<Written> {
        let tokens = self.tokens(errors)?;
        let words = if single(tokens).is_some() { None } else { syn::parse2(ungrouped(tokens.clone())).ok() };
        let Some(Expr::Array(words)) = words else {
            return self.text(errors).map(Written::Text);
        };
        let mut texts = Vec::new();
        for word in &words.elems {
            match literal_of(word.clone()) {
                Some(Lit::Str(text)) => texts.extend(self.plain(Lit::Str(text.clone()), errors).map(|_| text)),
                _ => errors
                    .error(word, "a word of the command is a text in quotes: `command = [\"python3\", \"fit.py\"]`"),
            }
        }
        (texts.len() == words.elems.len()).then_some(Written::Words(texts, words))
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, errors: &mut Diagnostics) -> Option<bool> {
        match self.literal("`true` or `false`", errors)? {
            Lit::Bool(flag) => Some(flag.value),
            other => self.wrong(&other, "`true` or `false`", errors),
        }
    }

    /// A size of memory, in bytes.
    pub(crate) fn memory(&self, errors: &mut Diagnostics) -> Option<u64> {
        self.unit(parse_memory, errors)
    }

    /// A length of time, in seconds.
    pub(crate) fn wall_time(&self, errors: &mut Diagnostics) -> Option<u64> {
        self.unit(parse_wall_time, errors)
    }

    fn unit(&self, parse: fn(&str) -> Result<u64, UnitError>, errors: &mut Diagnostics) -> Option<u64> {
        match self.literal(UNIT, errors)? {
            Lit::Str(text) => parse(&text.value()).map_err(|error| errors.error(&text, error)).ok(),
            other => self.wrong(&other, UNIT, errors),
        }
    }

    /// A whole number that is not 0; `zero` says why.
    pub(crate) fn count(&self, errors: &mut Diagnostics, zero: impl Display) -> Option<u32> {
        let (number, count) = self.number(errors)?;
        if count == 0 {
            errors.error(&number, format!("`{} = 0`: {zero}", self.name));
            return None;
        }
        Some(count)
    }

    /// A whole number, which may be 0.
    pub(crate) fn count_or_none(&self, errors: &mut Diagnostics) -> Option<u32> {
        self.number(errors).map(|(_, count)| count)
    }

    fn number(&self, errors: &mut Diagnostics) -> Option<(LitInt, u32)> {
        if let Value::Tokens(tokens) = &self.value
            && tokens.to_string().starts_with('-')
        {
            errors.error(tokens, format!("`{}` can't be negative: `{}`", self.name, self.example));
            return None;
        }
        let number = match self.literal(COUNT, errors)? {
            Lit::Int(number) => number,
            other => return self.wrong(&other, COUNT, errors),
        };
        let count = number.base10_parse::<u32>();
        if count.is_err() {
            errors.error(&number, format!("`{number}` is too large for `{}`", self.name));
        }
        count.ok().map(|count| (number, count))
    }

    /// A number that something is multiplied by, with its literal.
    fn factor(&self, expected: &str, errors: &mut Diagnostics) -> Option<(Lit, f64)> {
        let literal = self.any_literal(expected, errors).and_then(|literal| self.plain(literal, errors))?;
        let number = match &literal {
            Lit::Float(number) => number.base10_parse::<f64>(),
            Lit::Int(number) => number.base10_parse::<f64>(),
            _ => return self.wrong(&literal, expected, errors),
        };
        let number = errors.ok(number)?;
        if number.is_infinite() {
            errors.error(&literal, format!("`{}` is too large for a scale", digits(&literal)));
            return None;
        }
        Some((literal, number))
    }

    /// A path, such as `my_crate::jobmon`.
    pub(crate) fn path(&self, errors: &mut Diagnostics) -> Option<Path> {
        let tokens = self.tokens(errors)?;
        match Path::parse_mod_style.parse2(ungrouped(tokens.clone())) {
            Ok(path) => Some(path),
            Err(_) => self.wrong(tokens, "a path", errors),
        }
    }

    /// What stands in the parentheses.
    pub(crate) fn list(&self, errors: &mut Diagnostics) -> Option<TokenStream> {
        match &self.value {
            Value::List(tokens) => Some(tokens.clone()),
            Value::None | Value::Tokens(_) | Value::ListIs(..) => {
                self.wrong(&self.name, "a list in parentheses", errors)
            }
        }
    }

    fn literal(&self, expected: &str, errors: &mut Diagnostics) -> Option<Lit> {
        let literal = self.any_literal(expected, errors)?;
        // Where a number is no value at all, as in `memory = 8G`, that is the mistake.
        if matches!(literal, Lit::Str(_)) || expected == COUNT {
            return self.plain(literal, errors);
        }
        Some(literal)
    }

    /// The literal, if it has no suffix, which would mean nothing; but for those of the types that numbers have here.
    fn plain(&self, literal: Lit, errors: &mut Diagnostics) -> Option<Lit> {
        let suffix = literal.suffix();
        let number = matches!(literal, Lit::Int(_) | Lit::Float(_));
        if suffix.is_empty() || number && matches!(suffix, "u32" | "f64") {
            return Some(literal);
        }
        errors.error(&literal, format!("`{suffix}` after the value of `{}` means nothing; leave it out", self.name));
        None
    }

    fn any_literal(&self, expected: &str, errors: &mut Diagnostics) -> Option<Lit> {
        let tokens = self.tokens(errors)?;
        if let Some(literal) = single(tokens) {
            return Some(literal);
        }
        if let Some(more) = after_literal(tokens) {
            errors.error(more, format!("expected a comma after the value of `{}`", self.name));
            return None;
        }
        match syn::parse2::<Expr>(tokens.clone()) {
            Ok(Expr::Path(_) | Expr::Macro(_) | Expr::Call(_) | Expr::MethodCall(_)) => {
                self.wrong(tokens, &format!("{expected}, written here, since a macro sees no values"), errors)
            }
            Ok(expr) => literal_of(expr).or_else(|| self.wrong(tokens, expected, errors)),
            Err(_) => self.wrong(tokens, expected, errors),
        }
    }

    fn tokens(&self, errors: &mut Diagnostics) -> Option<&TokenStream> {
        match &self.value {
            Value::Tokens(tokens) if !tokens.is_empty() => Some(tokens),
            Value::Tokens(_) | Value::None => self.wrong(&self.name, "a value", errors),
            Value::List(_) | Value::ListIs(..) => self.wrong(&self.name, "`=` and a value", errors),
        }
    }

    pub(crate) fn wrong<T>(&self, at: impl quote::ToTokens, expected: &str, errors: &mut Diagnostics) -> Option<T> {
        errors.error(at, format!("`{}` takes {expected}: `{}`", self.name, self.example));
        None
    }
}

/// The literal, where there is nothing else: most values, which need no parser.
fn single(tokens: &TokenStream) -> Option<Lit> {
    let mut tokens = tokens.clone().into_iter();
    match (tokens.next()?, tokens.next()) {
        (TokenTree::Literal(literal), None) => Some(Lit::new(literal)),
        _ => None,
    }
}

/// What follows a literal that should stand alone, where it begins as another option, or as nothing known.
fn after_literal(tokens: &TokenStream) -> Option<TokenTree> {
    let mut tokens = tokens.clone().into_iter();
    match (tokens.next()?, tokens.next()?) {
        (TokenTree::Literal(_), more @ (TokenTree::Ident(_) | TokenTree::Literal(_))) => Some(more),
        (TokenTree::Literal(_), TokenTree::Punct(more)) if more.as_char() == ';' => Some(TokenTree::Punct(more)),
        _ => None,
    }
}

/// The literal that an expression is. What comes through a `macro_rules!` fragment is in an invisible group.
fn literal_of(expr: Expr) -> Option<Lit> {
    match expr {
        Expr::Lit(expr) => Some(expr.lit),
        Expr::Group(expr) => literal_of(*expr.expr),
        Expr::Paren(expr) => literal_of(*expr.expr),
        _ => None,
    }
}

/// The tokens without the invisible group of a `macro_rules!` fragment.
fn ungrouped(tokens: TokenStream) -> TokenStream {
    let mut trees = tokens.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => ungrouped(group.stream()),
        _ => tokens,
    }
}

fn digits(literal: &Lit) -> String {
    match literal {
        Lit::Float(number) => number.base10_digits().to_owned(),
        Lit::Int(number) => number.base10_digits().to_owned(),
        _ => String::new(),
    }
}
