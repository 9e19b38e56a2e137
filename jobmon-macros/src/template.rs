//! `#[derive(TaskTemplate)]`: read, check, write.

use crate::diagnostics::Diagnostics;
use crate::parse::Raw;
use crate::{editor, expand, fallback, unknown, validate};
use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

/// The implementation of `TaskTemplate`, or the mistakes and a stand-in for it.
pub(crate) fn expand(input: DeriveInput) -> TokenStream {
    let mut errors = Diagnostics::default();
    let raw = Raw::read(input, &mut errors);
    let (template, unknown) = validate::template(&raw, &mut errors);
    let inside = if errors.any() { None } else { unknown::inside(&raw, &unknown) };
    if inside.is_none() {
        unknown::pictures(&raw, &unknown, &mut errors);
    }
    let implementation = match template {
        Some(template) if !errors.any() && unknown.is_empty() => expand::template(&template),
        _ => fallback::template(&raw),
    };
    let editor = editor::placeholders(&raw);
    let errors = errors.finish();
    quote!(#editor #errors #inside #implementation)
}
