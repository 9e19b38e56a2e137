//! The struct under `#[task_template]` as it is written. No rule is checked here.

use crate::attribute::unmarked;
use crate::diagnostics::Diagnostics;
use crate::options::Options;
use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::{Attribute, Data, DataStruct, DeriveInput, Expr, ExprLit, Fields, Generics, Lit, Meta, Path, Type};

/// A template as it is written.
pub(crate) struct Raw {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) doc: String,
    pub(crate) options: Options,
    pub(crate) body: Body,
    /// The attributes of the struct that belong on a field.
    pub(crate) misplaced_roles: Vec<Attribute>,
}

/// What stands in the struct, or why it is none.
pub(crate) enum Body {
    Named(Vec<RawField>),
    Unit,
    Tuple,
    /// The item is no struct but, for example, an enum; its keyword.
    Other(Ident),
}

/// A field as it is written.
pub(crate) struct RawField {
    pub(crate) ident: Ident,
    /// Its name without `r#`.
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) attrs: Vec<Attribute>,
}

/// The attributes that say what a field is.
pub(crate) const ROLES: [&str; 4] = ["node_arg", "task_arg", "op_arg", "upstream"];

/// The attribute with the options.
pub(crate) const OPTIONS: &str = "task_template";

impl Raw {
    /// Takes the struct apart.
    pub(crate) fn read(input: DeriveInput, errors: &mut Diagnostics) -> Self {
        let mut options = Options::default();
        for attr in input.attrs.iter().filter(|attr| attr.path().is_ident(OPTIONS)) {
            match &attr.meta {
                Meta::List(list) => {
                    let tokens = unmarked(&list.tokens).unwrap_or_else(|| list.tokens.clone());
                    options.read(tokens, errors);
                }
                Meta::Path(_) => {}
                Meta::NameValue(_) => {
                    options.unreadable = true;
                    errors.error(attr, "expected options in parentheses, `#[task_template(command = \"..\")]`");
                }
            }
        }
        Self {
            ident: input.ident,
            generics: input.generics,
            doc: doc(&input.attrs),
            options,
            body: Body::read(input.data),
            misplaced_roles: input.attrs.into_iter().filter(|attr| role_name(attr).is_some()).collect(),
        }
    }

    /// The fields, if they have names.
    pub(crate) fn fields(&self) -> &[RawField] {
        match &self.body {
            Body::Named(fields) => fields,
            Body::Unit | Body::Tuple | Body::Other(_) => &[],
        }
    }

    /// The path of the crate that the expansion names.
    pub(crate) fn krate(&self) -> TokenStream {
        krate(self.options.krate.as_ref())
    }
}

/// The path of the crate `jobmon`, or of the crate given by `crate = path`.
pub(crate) fn krate(given: Option<&Path>) -> TokenStream {
    given.map_or_else(|| quote::quote!(::jobmon), |path| quote::quote!(#path))
}

impl Body {
    fn read(data: Data) -> Self {
        match data {
            Data::Struct(DataStruct { fields: Fields::Named(fields), .. }) => {
                Self::Named(fields.named.into_iter().filter_map(RawField::read).collect())
            }
            Data::Struct(DataStruct { fields: Fields::Unit, .. }) => Self::Unit,
            Data::Struct(DataStruct { fields: Fields::Unnamed(_), .. }) => Self::Tuple,
            Data::Enum(data) => Self::Other(Ident::new("enum", data.enum_token.span)),
            Data::Union(data) => Self::Other(Ident::new("union", data.union_token.span)),
        }
    }
}

impl RawField {
    fn read(field: syn::Field) -> Option<Self> {
        let ident = field.ident?;
        Some(Self { name: ident.unraw().to_string(), ident, ty: field.ty, attrs: field.attrs })
    }
}

/// The name of the role that an attribute gives.
pub(crate) fn role_name(attr: &Attribute) -> Option<&'static str> {
    ROLES.into_iter().find(|role| attr.path().is_ident(role))
}

/// The text of the doc comments.
fn doc(attrs: &[Attribute]) -> String {
    let lines = attrs.iter().filter_map(|attr| match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<String> = lines.map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned()).collect();
    lines.join("\n").trim().to_owned()
}
