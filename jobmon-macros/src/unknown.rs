//! Placeholders that no field has.

use crate::diagnostics::Diagnostics;
use crate::parse::Raw;
use crate::validate::{Unknown, pictured};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::LitStr;

/// The mistakes as pictures, beside others.
pub(crate) fn pictures(raw: &Raw, unknown: &[Unknown<'_>], errors: &mut Diagnostics) {
    for unknown in unknown {
        let text = unknown.literal.value();
        errors.error(unknown.literal, pictured(&message(raw, unknown), &text, &unknown.span, &unknown.hint));
    }
}

/// Code that makes the compiler tell the mistakes where they stand inside the literal: there the name is a variable
/// whose type lacks a trait that explains it. `None` where a name can't be a variable.
pub(crate) fn inside(raw: &Raw, unknown: &[Unknown<'_>]) -> Option<TokenStream> {
    let mut literals: Vec<&LitStr> = unknown.iter().map(|unknown| unknown.literal).collect();
    literals.dedup_by(|left, right| std::ptr::eq(*left, *right));
    literals.into_iter().map(|literal| one_literal(raw, literal, unknown)).collect()
}

fn one_literal(raw: &Raw, literal: &LitStr, unknown: &[Unknown<'_>]) -> Option<TokenStream> {
    let fields = raw.fields().iter().map(|field| variable(&field.name, literal)).collect::<Option<Vec<Ident>>>()?;
    let unknown = unknown.iter().filter(|unknown| std::ptr::eq(unknown.literal, literal));
    let unknown = unknown.map(|unknown| wrong(raw, unknown)).collect::<Option<Vec<TokenStream>>>()?;
    Some(quote! {
        const _: () = {
            fn placeholders() {
                #(let #fields = "";)*
                #(#unknown)*
                let _ = ::core::format_args!(#literal);
            }
        };
    })
}

fn wrong(raw: &Raw, unknown: &Unknown<'_>) -> Option<TokenStream> {
    let variable = variable(&unknown.name, unknown.literal)?;
    let message = escaped(&message(raw, unknown));
    let label = escaped(&unknown.hint);
    // As if written at the literal, so that the compiler's notes do not speak of a derive.
    Some(quote_spanned! {unknown.literal.span()=>
        let #variable = {
            #[diagnostic::on_unimplemented(message = #message, label = #label)]
            trait Argument {}
            impl Argument for u8 {}
            struct Placeholder<T>(T);
            impl<T: Argument> ::core::fmt::Display for Placeholder<T> {
                fn fmt(&self, _: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::result::Result::Ok(())
                }
            }
            Placeholder(())
        };
    })
}

fn message(raw: &Raw, unknown: &Unknown<'_>) -> String {
    format!("`{}` has no argument `{}`", raw.ident, unknown.name)
}

/// Braces are format arguments in `on_unimplemented`.
fn escaped(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// A variable that a format string finds by this name.
fn variable(name: &str, literal: &LitStr) -> Option<Ident> {
    match name {
        "_" | "self" | "Self" | "super" | "crate" => None,
        name if syn::parse_str::<Ident>(name).is_ok() => Some(Ident::new(name, literal.span())),
        name => Some(Ident::new_raw(name, literal.span())),
    }
}
