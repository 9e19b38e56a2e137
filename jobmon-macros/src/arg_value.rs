//! `#[derive(ArgValue)]`: an enum of plain variants is an argument.

use crate::case::snake_case;
use crate::diagnostics::Diagnostics;
use crate::given;
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::BTreeMap;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Fields, Meta, Path, Variant};

const OPTIONS: &str = "arg_value";

/// The implementations, or the mistakes and stand-ins for them.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut errors = Diagnostics::default();
    let krate = krate(&input.attrs, &mut errors);
    let texts = texts(input, &mut errors);
    let body = if errors.any() { quote!(__out.absent()) } else { write(&texts) };
    let private = {
        let krate = crate::parse::krate(krate.as_ref());
        quote!(#krate::__private)
    };
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let errors = errors.finish();
    quote! {
        #errors
        #[automatically_derived]
        #[allow(deprecated)]
        #[diagnostic::do_not_recommend]
        impl #impl_generics #private::ArgValue for #ident #type_generics #where_clause {
            fn write_value(&self, __out: &mut #private::ValueWriter<'_>) {
                #body
            }
        }
        #[automatically_derived]
        #[allow(deprecated)]
        #[diagnostic::do_not_recommend]
        impl #impl_generics #private::IdentArg for #ident #type_generics #where_clause {}
        #[automatically_derived]
        #[allow(deprecated)]
        #[diagnostic::do_not_recommend]
        impl #impl_generics #private::PlainArg for #ident #type_generics #where_clause {}
    }
}

fn write(texts: &[(&Variant, String)]) -> TokenStream {
    let arms = texts.iter().map(|(Variant { ident, .. }, text)| quote!(Self::#ident => #text));
    quote!(__out.one(match self { #(#arms,)* }))
}

/// The text of each variant.
fn texts<'a>(input: &'a DeriveInput, errors: &mut Diagnostics) -> Vec<(&'a Variant, String)> {
    let data = match &input.data {
        Data::Enum(data) => data,
        Data::Struct(data) => {
            errors.error(
                data.struct_token,
                "`ArgValue` is derived for enums; for a struct implement `ArgValue`, `IdentArg` and `PlainArg` by hand, or make each part a field of the template",
            );
            return Vec::new();
        }
        Data::Union(data) => {
            errors.error(data.union_token, "`ArgValue` is derived for enums; a union has no text");
            return Vec::new();
        }
    };
    if data.variants.is_empty() {
        errors.error(&input.ident, "an enum without variants has no values, so it can't be an argument");
    }
    let mut seen: BTreeMap<String, &Variant> = BTreeMap::new();
    let mut texts = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.error(
                &variant.fields,
                format!("`{}` holds data, which has no text; make the data an argument of its own", variant.ident),
            );
        }
        let text = text(variant, errors);
        if let Some(other) = seen.insert(text.clone(), variant) {
            errors.error(
                &variant.ident,
                format!(
                    "`{}` and `{}` are both written `{text}`; give one another text by `#[arg_value(name = \"..\")]`",
                    other.ident, variant.ident
                ),
            );
        }
        texts.push((variant, text));
    }
    texts
}

/// The variant's name in snake case, or the text given by `#[arg_value(name = "..")]`.
fn text(variant: &Variant, errors: &mut Diagnostics) -> String {
    let mut text = None;
    for given in options(&variant.attrs, errors) {
        if given.name == "name" && text.is_some() {
            errors.error(&given.name, "`name` is given twice");
        } else if given.name == "name" {
            text = given.expecting("name = \"f\"").text(errors).or(text);
        } else {
            errors.error(&given.name, format!("unknown option `{}`; expected `name = \"..\"`", given.name));
        }
    }
    match text {
        Some(text) if text.value().contains('\0') => {
            errors.error(&text, "a NUL can't stand in an argument");
            String::new()
        }
        Some(text) => text.value(),
        None => snake_case(&variant.ident.unraw().to_string()),
    }
}

fn krate(attrs: &[Attribute], errors: &mut Diagnostics) -> Option<Path> {
    let mut path = None;
    for given in options(attrs, errors) {
        if given.name == "crate" && path.is_some() {
            errors.error(&given.name, "`crate` is given twice");
        } else if given.name == "crate" {
            path = given.expecting("crate = my_crate::jobmon").path(errors).or(path);
        } else {
            errors.error(
                &given.name,
                format!("unknown option `{}`; an enum takes `crate = path`, a variant `name = \"..\"`", given.name),
            );
        }
    }
    path
}

fn options(attrs: &[Attribute], errors: &mut Diagnostics) -> Vec<given::Given> {
    let mut options = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(OPTIONS)) {
        match &attr.meta {
            Meta::List(list) => {
                options.extend(given::split(list.tokens.clone(), given::Of::Enum).filter_map(|given| errors.ok(given)));
            }
            Meta::Path(_) | Meta::NameValue(_) => errors.error(attr, "expected options in parentheses"),
        }
    }
    options
}
