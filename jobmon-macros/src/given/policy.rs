//! Readers of lists, and of what is said of retries.

use super::{Given, SCALE, Value, digits, literal_of, ungrouped};
use crate::diagnostics::Diagnostics;
use proc_macro2::{Ident, TokenStream};
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Lit, LitStr, Token};

impl Given {
    /// What stands in the parentheses, and the value behind them.
    pub(crate) fn list_and_value(
        &self,
        expected: &str,
        errors: &mut Diagnostics,
    ) -> Option<(TokenStream, TokenStream)> {
        match &self.value {
            Value::ListIs(list, value) => Some((ungrouped(list.clone()), ungrouped(value.clone()))),
            Value::None | Value::Tokens(_) | Value::List(_) => self.wrong(&self.name, expected, errors),
        }
    }

    /// Words of Rust in square brackets.
    pub(crate) fn words(&self, expected: &str, errors: &mut Diagnostics) -> Option<Vec<Ident>> {
        let tokens = ungrouped(self.tokens(errors)?.clone());
        let list = |input: ParseStream<'_>| {
            let words;
            syn::bracketed!(words in input);
            words.parse_terminated(syn::ext::IdentExt::parse_any, Token![,])
        };
        match list.parse2(tokens.clone()) {
            Ok(words) => Some(words.into_iter().collect()),
            Err(_) => self.wrong(&tokens, expected, errors),
        }
    }

    /// A path, or a list of paths.
    pub(crate) fn paths(&self, errors: &mut Diagnostics) -> Option<Vec<LitStr>> {
        const PATHS: &str = "a path in quotes, or a list of such";
        let tokens = self.tokens(errors)?.clone();
        let Ok(Expr::Array(list)) = syn::parse2(ungrouped(tokens.clone())) else {
            return self.text(errors).map(|path| vec![path]);
        };
        let mut paths = Vec::new();
        for path in &list.elems {
            match literal_of(path.clone()) {
                Some(Lit::Str(text)) => paths.extend(self.plain(Lit::Str(text.clone()), errors).map(|_| text)),
                _ => self.wrong::<()>(path, PATHS, errors).unwrap_or_default(),
            }
        }
        if list.elems.is_empty() {
            return self.wrong(&list, PATHS, errors);
        }
        (paths.len() == list.elems.len()).then_some(paths)
    }

    /// What the delay is multiplied by each time, above 1.
    pub(crate) fn backoff(&self, errors: &mut Diagnostics) -> Option<f64> {
        let (literal, number) = self.factor(SCALE, errors)?;
        if number > 1.0 {
            return Some(number);
        }
        let told = format!(
            "`{} = {}`: the delay is multiplied by it each time, so it is above 1; leave it out for a delay that does not grow",
            self.name,
            digits(&literal)
        );
        errors.error(&literal, told);
        None
    }
}
