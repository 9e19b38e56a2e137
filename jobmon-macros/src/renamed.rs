//! Under `crate = a::b` an expansion names nothing by another path: it must compile where there is no crate `jobmon`.

use crate::{arg_value, attribute, template};
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

/// How often the path `:: jobmon` stands in the tokens, and `a :: b`.
fn paths(tokens: TokenStream) -> (usize, usize) {
    let mut flat = Vec::new();
    flatten(tokens, &mut flat);
    let text = format!(" {} ", flat.join(" "));
    (text.matches(" jobmon ").count(), text.matches(" a : : b : : __private ").count())
}

fn flatten(tokens: TokenStream, flat: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => flatten(group.stream(), flat),
            other => flat.push(other.to_string()),
        }
    }
}

#[track_caller]
fn only_the_path_given(tokens: TokenStream) {
    let text = tokens.to_string();
    let (leaked, given) = paths(tokens);
    assert!(leaked == 0 && given > 0, "{leaked} of jobmon, {given} of the path given:\n{text}");
}

#[test]
fn a_template_names_the_path_that_is_given() {
    let options = quote!(command = "fit {x} [{y}] {z}... [{w}? --w]", stdout = "{v}", crate = a::b);
    let fields = quote!({
        #[node_arg] x: u8,
        #[task_arg] y: Option<u8>,
        #[task_arg] z: Vec<u8>,
        #[op_arg] w: bool,
        #[op_arg] v: u8,
        #[upstream] u: TaskRef<Self>,
    });
    let item = quote!(struct Fit #fields);
    only_the_path_given(attribute::expand(&options, &item));
    let derived = |item: TokenStream| template::expand(syn::parse2(item).unwrap());
    only_the_path_given(derived(quote!(#[task_template(#options)] #item)));
    // The stand-in of one that is wrong, and placeholders that no field has.
    only_the_path_given(derived(quote!(
        #[task_template(command = "fit |", crate = a::b)]
        struct Fit;
    )));
    only_the_path_given(derived(quote!(
        #[task_template(command = "fit {nobody}", crate = a::b)]
        struct Fit;
    )));
}

#[test]
fn an_enum_names_the_path_that_is_given() {
    let derived = |item: TokenStream| arg_value::expand(&syn::parse2(item).unwrap());
    only_the_path_given(derived(quote!(
        #[arg_value(crate = a::b)]
        enum Sex {
            Female,
            Male,
        }
    )));
    only_the_path_given(derived(quote!(
        #[arg_value(crate = a::b)]
        enum Wrong {
            Data(u8),
        }
    )));
}
