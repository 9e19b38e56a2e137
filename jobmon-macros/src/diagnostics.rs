//! Gathers the mistakes of one use of a macro, so that all of them are told at once.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::fmt::Display;

/// The mistakes found so far. It must be finished, or they would be lost.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics {
    errors: Vec<syn::Error>,
    finished: bool,
}

impl Diagnostics {
    /// A mistake at these tokens, from the first to the last of them.
    pub(crate) fn error(&mut self, at: impl ToTokens, message: impl Display) {
        self.errors.push(syn::Error::new_spanned(at, message));
    }

    /// A mistake that syn found.
    pub(crate) fn syntax(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// Keeps the value, or the mistake.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.syntax(error)).ok()
    }

    /// Whether a mistake was found.
    pub(crate) fn any(&self) -> bool {
        !self.errors.is_empty()
    }

    /// The mistakes as items that make the compiler tell them; nothing if there are none.
    pub(crate) fn finish(mut self) -> TokenStream {
        self.finished = true;
        self.errors.iter().map(syn::Error::to_compile_error).collect()
    }

    /// The mistakes as texts.
    #[cfg(test)]
    pub(crate) fn messages(mut self) -> Vec<String> {
        self.finished = true;
        self.errors.iter().map(ToString::to_string).collect()
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        debug_assert!(self.finished || std::thread::panicking(), "the mistakes were not told");
    }
}
