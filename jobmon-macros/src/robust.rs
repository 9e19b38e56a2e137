//! Whatever tokens the macros are given, they answer with tokens: no panic, and a message if something is missing.

use crate::{arg_value, attribute, grid, template};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// All streams that come of leaving out one token, or of doubling one, at any depth.
fn broken(tokens: &TokenStream) -> Vec<TokenStream> {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let with = |at: usize, new: &[TokenTree]| -> TokenStream {
        trees[..at].iter().chain(new).chain(&trees[at + 1..]).cloned().collect()
    };
    let mut streams = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        streams.push(with(at, &[]));
        streams.push(with(at, &[tree.clone(), tree.clone()]));
        if let TokenTree::Group(group) = tree {
            let regrouped = |stream| TokenTree::Group(Group::new(group.delimiter(), stream));
            streams.extend(broken(&group.stream()).into_iter().map(|stream| with(at, &[regrouped(stream)])));
            streams.push(with(at, &[TokenTree::Group(Group::new(Delimiter::None, group.stream()))]));
        }
    }
    streams
}

fn survives(what: &str, input: &TokenStream, expand: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(expand)).is_ok(), "{what} panicked on `{input}`");
}

#[test]
fn broken_templates_do_not_panic() {
    let options =
        quote!(command = "fit {year} [--root {root}]", memory = "8G", cores = 2, scale(memory = 1.5), crate = a::b);
    let fields = quote!({ #[node_arg] year: u16, #[task_arg] r#type: Option<T>, #[upstream] up: TaskRef<Self> });
    for options in broken(&options) {
        let item = quote!(#[task_template(#options)] struct Fit #fields);
        survives("the attribute", &options, || drop(attribute::expand(&options, &item)));
        if let Ok(input) = syn::parse2(item) {
            survives("the derive", &options, || drop(template::expand(input)));
        }
    }
    let item = quote!(#[doc = "a"] #[task_template(#options)] pub(crate) struct Fit<'a, T> #fields);
    for item in broken(&item) {
        survives("the attribute", &item, || drop(attribute::expand(&options, &item)));
        if let Ok(input) = syn::parse2(item.clone()) {
            survives("the derive", &item, || drop(template::expand(input)));
        }
    }
}

#[test]
fn broken_enums_do_not_panic() {
    let item = quote! {
        #[arg_value(crate = a::b)] enum Sex { #[arg_value(name = "f")] Female, Male(u32), r#type = 3 }
    };
    for item in broken(&item) {
        if let Ok(input) = syn::parse2(item.clone()) {
            survives("the derive", &item, || drop(arg_value::expand(&input)));
        }
    }
}

#[test]
fn broken_grids_do_not_panic() {
    let input = quote! {
        a::Fit::<'_> { (x, [y, _]) in values(), if x > y, for Some(z) in maybe(), r#type in 1..=3, root: root.clone(), short, ..base }
    };
    for input in broken(&input) {
        survives("the grid", &input, || drop(grid::expand(input.clone())));
    }
}
