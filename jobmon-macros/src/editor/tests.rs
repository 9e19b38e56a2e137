//! What rust-analyzer is given. It reads expansions in their order, so that the names must come before the derive.

use crate::{attribute, options, template};
use proc_macro2::TokenStream;
use quote::quote;

/// The tokens as the compiler writes them, with the path of the crate left out.
fn written(tokens: &TokenStream) -> String {
    let text = tokens.to_string().replace(":: jobmon :: __private :: ", "");
    // A line for each statement, so that a change is seen where it is.
    text.replace(" { ", " {\n").replace(" ; ", " ;\n")
}

#[test]
fn the_editors_block_is_first_and_names_each_option_and_role() {
    let options = quote!(command = "fit {year} {type}", memory = "8G", scale(memory = 1.5), max_at, crate = ::jobmon);
    let item = quote! {
        /// Fits.
        pub struct Fit {
            #[node_arg] year: u16,
            #[serde(rename = "kind")] #[task_arg] r#type: String,
            #[op_a] threads: u32,
            #[taskraCompletionMarker] draws: u32,
            #[test] none: u32,
            #[upstream] prep: TaskRef<Prep>,
        }
    };
    let expanded = written(&attribute::expand(&options, &item));
    let (block, rest) = expanded.split_once("# [derive").unwrap();
    insta::assert_snapshot!(block.trim(), @r#"
    # [allow (unexpected_cfgs)] const _ : () = {
    # [cfg (rust_analyzer)] {
    mod options {
    use editor :: options :: * ;
    use self :: {
    command as _ , memory as _ , scale as _ , max_at as _ , } ;
    } mod roles {
    use editor :: roles :: * ;
    use self :: {
    node_arg as _ , task_arg as _ , op_a as _ , taskraCompletionMarker as _ , upstream as _ , } ;
    } } } ;
    "#);
    assert!(rest.ends_with(&written(&item)), "{rest}");
}

#[test]
fn the_texts_are_format_strings_of_the_fields() {
    let item = quote! {
        #[task_template(command = "fit {year} [--by {by}] {files}...", stdout = "{root}/{year}")]
        struct Fit {
            #[node_arg] year: u16,
            #[task_arg] by: Option<String>,
            #[task_arg] files: Vec<String>,
            #[op_arg] root: String,
            #[upstream] prep: TaskRef<Prep>,
        }
    };
    let expanded = written(&template::expand(syn::parse2(item).unwrap()));
    let (block, _) = expanded.split_once("# [automatically_derived]").unwrap();
    insta::assert_snapshot!(block.trim(), @r#"
    # [allow (unexpected_cfgs)] const _ : () = {
    # [cfg (rust_analyzer)] fn placeholders () {
    let year = "" ;
    let by = "" ;
    let files = "" ;
    let root = "" ;
    let prep = "" ;
    let _ = :: core :: format_args ! ("fit {year} [--by {by}] {files}...") ;
    let _ = :: core :: format_args ! ("{root}/{year}") ;
    } } ;
    "#);
}

/// The words for the editor are in the crate `jobmon`; each option and each role has its own there.
#[test]
fn each_option_and_role_is_documented_for_the_editor() {
    let documented = |module: &str| {
        let file = syn::parse_str::<syn::File>(include_str!("../../../jobmon/src/__private.rs")).unwrap();
        let editor = inside(&file.items, "editor");
        let mut names: Vec<String> = inside(&editor, module)
            .iter()
            .filter_map(|item| match item {
                syn::Item::Mod(item) if item.attrs.iter().any(|attr| attr.path().is_ident("doc")) => {
                    Some(item.ident.to_string())
                }
                _ => None,
            })
            .collect();
        names.sort();
        names
    };
    let mut options: Vec<String> = options::names().filter(|name| *name != "crate").map(ToOwned::to_owned).collect();
    options.sort();
    assert_eq!(documented("options"), options);
    let mut roles = crate::parse::ROLES.map(ToOwned::to_owned);
    roles.sort();
    assert_eq!(documented("roles"), roles);
}

/// The items of a module among these.
fn inside(items: &[syn::Item], name: &str) -> Vec<syn::Item> {
    let module = items.iter().find_map(|item| match item {
        syn::Item::Mod(item) if item.ident == name => item.content.as_ref(),
        _ => None,
    });
    module.map(|(_, items)| items.clone()).unwrap_or_default()
}
