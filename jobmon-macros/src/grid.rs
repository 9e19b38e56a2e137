//! `grid!`: a struct literal for each combination of values.

use proc_macro2::{Delimiter, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, ExprPath, Pat, PatIdent, Token};

/// What stands in `grid!(..)`.
struct Grid {
    path: ExprPath,
    steps: Vec<Step>,
    /// `name: value`, in the order in which they are written.
    set: Vec<(Ident, TokenStream)>,
    /// The expression after `..`.
    base: Option<Expr>,
}

/// A step inwards, in the order in which they are written.
enum Step {
    Loop(Box<Loop>),
    If(Box<Expr>),
}

/// `pattern in values`.
struct Loop {
    pattern: Pat,
    /// The variables of the pattern that are fields: all of them, or none in `for pattern in values`.
    names: Vec<Ident>,
    values: Expr,
}

/// The nested loops.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let path = path_alone(input.clone());
    match syn::parse2::<Grid>(ended(input)) {
        Ok(grid) => grid.expand(),
        Err(error) => {
            let error = error.to_compile_error();
            // The type is kept where it is known, so that what follows is not wrong too.
            let stand_in =
                path.map_or_else(|| quote!(::std::vec::Vec::new()), |path| quote!(::std::vec::Vec::<#path>::new()));
            quote!({ #error #stand_in })
        }
    }
}

/// The tokens and one more where the last of them stands, since the end of the input is no place in it.
fn ended(input: TokenStream) -> TokenStream {
    let last = input.clone().into_iter().last().map_or_else(Span::call_site, |last| last.span());
    let mut end = Punct::new(';', Spacing::Alone);
    end.set_span(last);
    input.into_iter().chain([TokenTree::Punct(end)]).collect()
}

fn path_alone(input: TokenStream) -> Option<TokenStream> {
    let mut tokens = input.into_iter();
    let mut before = Vec::new();
    loop {
        match tokens.next()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
            token => before.push(token),
        }
    }
    syn::parse2::<ExprPath>(before.into_iter().collect()).ok().map(ToTokens::into_token_stream)
}

impl Parse for Grid {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = input.parse::<ExprPath>().map_err(|error| {
            syn::Error::new(
                error.span(),
                "expected a struct literal with loops: `Fit { year in 1990..2000, root: root.clone() }`",
            )
        })?;
        if !input.peek(syn::token::Brace) {
            let message = "expected the fields in braces after this: `{ year in 1990..2000, root: root.clone() }`";
            return Err(syn::Error::new_spanned(path, message));
        }
        let entries;
        syn::braced!(entries in input);
        let mut grid = Self { path, steps: Vec::new(), set: Vec::new(), base: None };
        let mut mistakes: Option<syn::Error> = None;
        let mut add = |mistake: syn::Error| match &mut mistakes {
            Some(mistakes) => mistakes.combine(mistake),
            None => mistakes = Some(mistake),
        };
        while !entries.is_empty() {
            if let Err(mistake) = grid.whole_entry(&entries) {
                add(mistake);
                skip_to_comma(&entries);
            }
            entries.parse::<Option<Token![,]>>()?;
        }
        let mut rest = input.parse::<TokenStream>()?.into_iter();
        if let (Some(more), Some(_end)) = (rest.next(), rest.next()) {
            add(syn::Error::new(more.span(), "a grid is one struct literal; nothing may follow it"));
        }
        mistakes.map_or(Ok(grid), Err)
    }
}

/// Passes over what is left of an entry with a mistake, so that those in the others are told too.
fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        // There is a token, so that it can be read.
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

impl Grid {
    /// An entry, up to its comma or the end.
    fn whole_entry(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let after_base = self.base.is_some() && !input.peek(Token![..]);
        let first = input.cursor().token_tree().map(|(token, _)| token.span());
        self.entry(input)?;
        if input.peek(Token![=]) {
            return Err(input.error("expected `in` before values to go through, or `:` before one value"));
        }
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error("expected a comma"));
        }
        match first {
            Some(first) if after_base => Err(syn::Error::new(first, "`..base` comes last, as in a struct literal")),
            _ => Ok(()),
        }
    }

    fn entry(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        if input.peek(Token![..]) {
            let dots: Token![..] = input.parse()?;
            if self.base.is_some() {
                return Err(syn::Error::new_spanned(dots, "`..` is given twice"));
            }
            if input.is_empty() || input.peek(Token![,]) {
                let message = "`..` needs a task after it, which gives the fields that are not named: `..base.clone()`";
                return Err(syn::Error::new_spanned(dots, message));
            }
            self.base = Some(input.parse()?);
        } else if input.parse::<Option<Token![if]>>()?.is_some() {
            self.steps.push(Step::If(input.parse()?));
        } else if input.parse::<Option<Token![for]>>()?.is_some() {
            let pattern = Pat::parse_single(input)?;
            input.parse::<Token![in]>()?;
            self.steps.push(Step::Loop(Box::new(Loop { pattern, names: Vec::new(), values: input.parse()? })));
        } else if input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
            let (name, set) = field(input)?;
            self.set.push((name.clone(), set));
            // The compiler proposes `year: *year` where `year in &years` gives references; so `year: *year in &years` is right.
            if input.parse::<Option<Token![in]>>()?.is_some() {
                let pattern = variable(name.clone());
                self.steps.push(Step::Loop(Box::new(Loop { pattern, names: vec![name], values: input.parse()? })));
            }
        } else {
            self.value_or_loop(input)?;
        }
        Ok(())
    }

    /// `name`, or `pattern in values`.
    fn value_or_loop(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let in_a_pattern = input.peek(syn::token::Paren);
        let pattern = Pat::parse_single(input).map_err(|error| {
            let message = if in_a_pattern {
                "a pattern has names only; what is made of them comes after it: `for (name, year) in &cells, name: name.clone(), year: *year`"
            } else {
                "expected `name in values`, `name: value`, `name`, `if condition`, `for pattern in values` or `..base`"
            };
            syn::Error::new(error.span(), message)
        })?;
        if input.parse::<Option<Token![in]>>()?.is_some() {
            let values = input.parse()?;
            let names = names(&pattern);
            self.steps.push(Step::Loop(Box::new(Loop { pattern, names, values })));
            return Ok(());
        }
        match &pattern {
            Pat::Ident(name) if name.by_ref.is_none() && name.mutability.is_none() && name.subpat.is_none() => {
                self.set.push((name.ident.clone(), name.to_token_stream()));
                Ok(())
            }
            _ => Err(input.error("expected `in` and the values after the pattern")),
        }
    }

    fn expand(&self) -> TokenStream {
        let tasks = Ident::new("__tasks", Span::mixed_site());
        let Self { path, set, base, .. } = self;
        let loops = || {
            self.steps.iter().filter_map(|step| match step {
                Step::Loop(step) => Some(&step.names),
                Step::If(_) => None,
            })
        };
        let fields = loops().flatten().filter(|name| set.iter().all(|(known, _)| known != *name));
        let outer = loops().count().saturating_sub(1);
        let again = loops().take(outer).flatten().map(|name| {
            let clone = quote::quote_spanned!(Span::mixed_site().located_at(name.span())=> ::core::clone::Clone::clone);
            quote!(let #name = #clone(&#name);)
        });
        let set = set.iter().map(|(_, set)| set);
        let base = base.as_ref().map(|base| quote!(..#base));
        // What is set may look at the variables, so it comes before they move into the struct.
        let innermost = quote! {
            #(#again)*
            #tasks.push(#path { #(#set,)* #(#fields,)* #base });
        };
        let nested = self.steps.iter().rev().fold(innermost, |inner, step| match step {
            Step::Loop(step) => {
                let Loop { pattern, values, .. } = &**step;
                quote!(for #pattern in #values { #inner })
            }
            Step::If(condition) => quote!(if #condition { #inner }),
        });
        quote! {{
            let mut #tasks = ::std::vec::Vec::new();
            #nested
            #tasks
        }}
    }
}

/// The pattern that is a variable.
fn variable(ident: Ident) -> Pat {
    Pat::Ident(PatIdent { attrs: Vec::new(), by_ref: None, mutability: None, ident, subpat: None })
}

/// `name: value`.
fn field(input: ParseStream<'_>) -> syn::Result<(Ident, TokenStream)> {
    let name = input.call(Ident::parse_any)?;
    let colon: Token![:] = input.parse()?;
    let value: Expr = input.parse()?;
    Ok((name.clone(), quote!(#name #colon #value)))
}

/// The variables of a pattern.
fn names(pattern: &Pat) -> Vec<Ident> {
    let mut names = Vec::new();
    add_names(pattern, &mut names);
    names
}

fn add_names(pattern: &Pat, names: &mut Vec<Ident>) {
    let mut all = |patterns: &mut dyn Iterator<Item = &Pat>| patterns.for_each(|pattern| add_names(pattern, names));
    match pattern {
        Pat::Tuple(tuple) => all(&mut tuple.elems.iter()),
        Pat::TupleStruct(tuple) => all(&mut tuple.elems.iter()),
        Pat::Slice(slice) => all(&mut slice.elems.iter()),
        Pat::Struct(fields) => all(&mut fields.fields.iter().map(|field| &*field.pat)),
        Pat::Reference(reference) => add_names(&reference.pat, names),
        Pat::Paren(paren) => add_names(&paren.pat, names),
        Pat::Type(typed) => add_names(&typed.pat, names),
        Pat::Ident(ident) => {
            names.push(ident.ident.clone());
            if let Some((_, pattern)) = &ident.subpat {
                add_names(pattern, names);
            }
        }
        _ => {}
    }
}
