//! The thin attribute `#[task_template(..)]`: it passes the struct on unread, under the derive.
//!
//! What it keeps for the derive is an attribute of its own name. Where the derive is not found, since the path of the
//! crate is wrong, nothing takes that attribute and the compiler expands it again; a mark in it tells that.

use crate::editor;
use crate::parse::{OPTIONS, ROLES};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::parse::Parser;
use syn::{Path, Token};

const UNUSED: &str = "a task does nothing until it is added to a workflow";

/// The struct under `#[derive(TaskTemplate)]`, its options kept for the derive as an attribute of their own.
pub(crate) fn expand(options: &TokenStream, item: &TokenStream) -> TokenStream {
    if let Some(options) = unmarked(options) {
        return not_found(&options, item);
    }
    let head = Head::read(item.clone());
    match head.keyword {
        Some(keyword) if keyword == "struct" => {}
        Some(keyword) => return misuse(&keyword, item),
        None => return no_item(item),
    }
    let krate = krate(options);
    let names = editor::names(&krate, options, item);
    let must_use = (!head.must_use).then(|| quote!(#[must_use = #UNUSED]));
    let helper = format_ident!("{OPTIONS}");
    quote! {
        #names
        #[derive(#krate::__private::TaskTemplate)]
        #[#helper(@ #options)]
        #must_use
        #item
    }
}

/// The options of an attribute that was kept for the derive; none of what a user wrote.
pub(crate) fn unmarked(options: &TokenStream) -> Option<TokenStream> {
    let mut tokens = options.clone().into_iter();
    match tokens.next()? {
        TokenTree::Punct(mark) if mark.as_char() == '@' => Some(tokens.collect()),
        _ => None,
    }
}

/// The struct without what only the derive knows. That the path leads nowhere is told by the compiler too.
fn not_found(options: &TokenStream, item: &TokenStream) -> TokenStream {
    let path = krate(options);
    let name: String = path.to_string().split_whitespace().collect();
    let error = syn::Error::new_spanned(
        path,
        format!(
            "the crate `jobmon` is not found as `{name}`; if `Cargo.toml` gives it another name, say it: `crate = jm`; if another crate re-exports it: `crate = other::jobmon`"
        ),
    );
    let error = error.to_compile_error();
    let item = without_roles(item.clone());
    quote!(#error #item)
}

/// What stands before the name of an item.
struct Head {
    keyword: Option<Ident>,
    must_use: bool,
}

impl Head {
    fn read(item: TokenStream) -> Self {
        let mut head = Self { keyword: None, must_use: false };
        for token in item {
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                    let name = group.stream().into_iter().next();
                    head.must_use |= matches!(name, Some(TokenTree::Ident(name)) if name == "must_use");
                }
                TokenTree::Ident(word) if KEYWORDS.iter().any(|keyword| word == keyword) => {
                    head.keyword = Some(word);
                    return head;
                }
                _ => {}
            }
        }
        head
    }
}

const KEYWORDS: [&str; 13] = [
    "struct",
    "enum",
    "union",
    "fn",
    "mod",
    "trait",
    "impl",
    "const",
    "static",
    "type",
    "use",
    "macro_rules",
    "extern",
];

/// What has no keyword of an item is a call of a macro, or none at all.
fn no_item(item: &TokenStream) -> TokenStream {
    let message = "only a struct can be a task template, written here: this attribute comes before macros are called";
    let first = item.clone().into_iter().next();
    let error = first.map_or_else(TokenStream::new, |first| syn::Error::new(first.span(), message).to_compile_error());
    quote!(#error #item)
}

fn misuse(keyword: &Ident, item: &TokenStream) -> TokenStream {
    let message = match keyword.to_string().as_str() {
        "fn" => "a function can't be a task template; write a struct whose fields are the arguments of its command",
        "enum" => "an enum can't be a task template; for the values of an argument write `#[derive(ArgValue)]`",
        _ => "only a struct can be a task template: its fields are the arguments of its command",
    };
    let error = syn::Error::new(keyword.span(), message).to_compile_error();
    let item = without_roles(item.clone());
    quote!(#error #item)
}

/// The item without the roles, which nothing else knows.
fn without_roles(item: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in item {
        match token {
            TokenTree::Group(group) if is_role(&group) && ends_with_hash(&kept) => {
                kept.pop();
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_roles(group.stream()));
                inner.set_span(group.span());
                kept.push(TokenTree::Group(inner));
            }
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}

fn is_role(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(name)) if ROLES.iter().any(|role| name == role))
}

fn ends_with_hash(tokens: &[TokenTree]) -> bool {
    matches!(tokens.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#')
}

/// The path that `crate = path` gives. It is looked for here already, since the derive is found by it; a mistake in it
/// is told by the derive.
fn krate(options: &TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = options.clone().into_iter().collect();
    let parts = tokens.split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ','));
    let mut paths = parts.filter_map(|part| crate_path.parse2(part.iter().cloned().collect()).ok());
    crate::parse::krate(paths.next_back().as_ref())
}

fn crate_path(input: syn::parse::ParseStream<'_>) -> syn::Result<Path> {
    input.parse::<Token![crate]>()?;
    input.parse::<Token![=]>()?;
    Path::parse_mod_style(input)
}
