//! Code for rust-analyzer alone: it completes option names, roles and placeholders, and finds fields from the command.
//! The compiler is not given it, and would make nothing of it.

use crate::given::Written;
use crate::parse::{ROLES, Raw};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use std::sync::LazyLock;
use syn::LitStr;

/// What rust-analyzer puts where the cursor is, to see what could stand there.
const CURSOR: &str = "raCompletionMarker";

/// Whether it is the compiler that expands: reading what is for editors only to throw it away takes it a tenth of all the time that
/// it takes for a template. Whoever else expands is given everything, whatever its name.
static COMPILES: LazyLock<bool> = LazyLock::new(|| {
    let program = std::env::current_exe().ok();
    let name = program.as_deref().and_then(|path| path.file_stem()?.to_str());
    name.is_some_and(|name| ["rustc", "clippy-driver", "rustdoc"].contains(&name))
});

/// The names of options and roles as paths into modules that document them. It must stand before the derive.
///
/// The names are taken token by token, so that a half-typed list completes too.
pub(crate) fn names(krate: &TokenStream, options: &TokenStream, item: &TokenStream) -> TokenStream {
    if *COMPILES {
        return TokenStream::new();
    }
    let options = option_names(options.clone());
    let roles = role_names(item.clone());
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            {
                mod options { use #krate::__private::editor::options::*; use self::{#(#options as _,)*}; }
                mod roles { use #krate::__private::editor::roles::*; use self::{#(#roles as _,)*}; }
            }
        };
    }
}

/// The texts with placeholders as format strings over variables that are named, and placed, as the fields.
pub(crate) fn placeholders(raw: &Raw) -> TokenStream {
    if *COMPILES {
        return TokenStream::new();
    }
    let command = raw.options.command.iter().flat_map(Written::literals);
    let literals: Vec<&LitStr> = command.chain(raw.options.texts()).collect();
    if literals.is_empty() {
        return TokenStream::new();
    }
    let fields = raw.fields().iter().map(|field| &field.ident);
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            fn placeholders() {
                #(let #fields = "";)*
                #(let _ = ::core::format_args!(#literals);)*
            }
        };
    }
}

/// The first word of each option.
fn option_names(options: TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    let mut begins = true;
    for token in options {
        if let (true, TokenTree::Ident(name)) = (begins, &token)
            && name != "crate"
        {
            names.push(name.clone());
        }
        begins = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',');
    }
    names
}

/// The attributes of the fields that are roles, or are on the way to be.
fn role_names(item: TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    let Some(TokenTree::Group(fields)) = item.into_iter().last() else { return names };
    let mut hash = false;
    for token in fields.stream() {
        if let (true, TokenTree::Group(attribute)) = (hash, &token)
            && let Some(TokenTree::Ident(name)) = attribute.stream().into_iter().next()
            && attribute.stream().into_iter().count() == 1
        {
            names.push(name);
        }
        hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
    }
    // An attribute of another macro must not look wrong in the editor.
    names.retain(|name| {
        let name = name.to_string();
        let typed = name.strip_suffix(CURSOR).unwrap_or(&name);
        ROLES.iter().any(|role| role.starts_with(typed))
    });
    names
}

#[cfg(test)]
mod tests;
