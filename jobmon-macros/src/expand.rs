//! A valid template in Rust. Nothing can go wrong here.

use crate::given::Growth;
use crate::model::{Arg, Command, Place, Role, Template};
use crate::options::{Exit, Options, Retry};
use crate::parse::{Raw, RawField};
use proc_macro2::{Ident, Literal, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{LitStr, Type};

/// The implementation of `TaskTemplate`.
///
/// It is written in few pieces: what a template costs when a program is checked is mostly the number of its tokens, and of the
/// streams that are put into each other.
pub(crate) fn template(template: &Template<'_>) -> TokenStream {
    let raw = template.raw;
    let private = Private::of(raw);
    let ident = &raw.ident;
    let (impl_generics, type_generics, where_clause) = raw.generics.split_for_impl();
    let spec = spec(template, &private);
    let calls = calls(template, &private);
    quote! {
        #[automatically_derived]
        #[allow(deprecated, clippy::needless_update)]
        impl #impl_generics #private::TaskTemplate for #ident #type_generics #where_clause {
            const SPEC: &'static #private::TemplateSpec = &#spec;

            fn visit(&self, __visitor: &mut #private::Visitor<'_>) {
                #calls
            }
        }
    }
}

/// The path of the module whose items are named here.
struct Private(Vec<TokenTree>);

impl Private {
    fn of(raw: &Raw) -> Self {
        let krate = raw.krate();
        Self(quote!(#krate::__private).into_iter().collect())
    }
}

impl ToTokens for Private {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.iter().cloned());
    }
}

/// Names only what is given.
fn spec(template: &Template<'_>, private: &Private) -> TokenStream {
    let options = &template.raw.options;
    let name = &template.name;
    let command = command(&template.command, private);
    let args = template.args.iter().map(|arg| &arg.field.name);
    let roles = template.args.iter().map(|arg| {
        let role = match arg.role {
            Role::Node => "Node",
            Role::Task => "Task",
            Role::Op => "Op",
        };
        Ident::new(role, Span::call_site())
    });
    let doc = Some(&template.raw.doc).filter(|doc| !doc.is_empty()).into_iter();
    let version = options.version.into_iter();
    let given = given(options).map(|(name, value)| (Ident::new(name, Span::call_site()), value));
    let (options_given, values): (Vec<Ident>, Vec<Literal>) = given.unzip();
    let variables = options.env.iter().map(|variable| variable.name.unraw().to_string());
    let texts = options.env.iter().map(|variable| variable.value.value());
    let env = (!options.env.is_empty()).then(|| quote!(env: &[#((#variables, #texts)),*],));
    let retry = retry(&options.retry, private);
    let scales = scales(options, private);
    let outputs = (!options.outputs.is_empty()).then(|| {
        let outputs = &options.outputs;
        quote!(outputs: &[#(#outputs),*],)
    });
    let may_be_empty = options.output_may_be_empty.into_iter();
    quote! {
        #private::TemplateSpec {
            name: #name,
            command: #command,
            args: &[#(#private::ArgSpec { name: #args, role: #private::Role::#roles }),*],
            at: #private::Place { file: ::core::file!(), line: ::core::line!(), column: ::core::column!() },
            #(doc: #doc,)*
            #(version: #version,)*
            #(#options_given: ::core::option::Option::Some(#values),)*
            #env
            #retry
            #scales
            #outputs
            #(output_may_be_empty: ::core::option::Option::Some(#may_be_empty),)*
            ..#private::TemplateSpec::DEFAULTS
        }
    }
}

/// How requests grow, where that is said. That a function is one of its quantity is told at its name.
fn scales(options: &Options, private: &Private) -> TokenStream {
    let scale = |growth: &Growth| match growth {
        Growth::By(factor) => quote!(By(#factor)),
        Growth::Steps(steps) => {
            let amounts = steps.iter().map(|step| step.amount);
            quote!(Steps(&[#(#amounts),*]))
        }
        Growth::Function(function) => quote_spanned!(function.span()=> Function(#function)),
    };
    let memory = options.scale_memory.as_ref().map(scale).into_iter();
    let runtime = options.scale_runtime.as_ref().map(scale).into_iter();
    quote! {
        #(scale_memory: ::core::option::Option::Some(#private::ScaleSpec::#memory),)*
        #(scale_runtime: ::core::option::Option::Some(#private::ScaleSpec::#runtime),)*
    }
}

/// What is said of retries, if anything is.
fn retry(retry: &Retry, private: &Private) -> Option<TokenStream> {
    let variant = |name: &str| Ident::new(name, Span::call_site());
    let on = retry.on.iter().map(|kinds| {
        let kinds = kinds.iter().map(|kind| variant(kind));
        quote!(on: ::core::option::Option::Some(&[#(#private::FailureKind::#kinds),*]),)
    });
    let (kinds, bounds): (Vec<Ident>, Vec<u32>) =
        retry.at_most.iter().map(|(kind, bound)| (variant(kind), *bound)).unzip();
    let at_most = (!kinds.is_empty()).then(|| quote!(at_most: &[#((#private::FailureKind::#kinds, #bounds)),*],));
    let exits = retry.exits.iter().map(|Exit { first, last, meaning }| {
        let meaning = variant(meaning);
        quote!((#first, #last, #private::ExitMeaning::#meaning))
    });
    let exits = (!retry.exits.is_empty()).then(|| quote!(exits: &[#(#exits),*],));
    let words = [
        ("delay", retry.delay.map(Literal::u64_suffixed).map(ToTokens::into_token_stream)),
        ("backoff", retry.backoff.map(Literal::f64_suffixed).map(ToTokens::into_token_stream)),
        ("max_delay", retry.max_delay.map(Literal::u64_suffixed).map(ToTokens::into_token_stream)),
        ("jitter", retry.jitter.map(ToTokens::into_token_stream)),
    ];
    let words = words.into_iter().filter_map(|(name, value)| Some((variant(name), value?)));
    let words = words.map(|(name, value)| quote!(#name: ::core::option::Option::Some(#value),));
    let said: TokenStream = on.chain(at_most).chain(exits).chain(words).collect();
    (!said.is_empty()).then(|| quote!(retry: #private::RetrySpec { #said ..#private::RetrySpec::NOTHING },))
}

/// The options that are given, by the names of their fields.
fn given(options: &Options) -> impl Iterator<Item = (&'static str, Literal)> {
    let text = |text: &Option<LitStr>| text.as_ref().map(|text| Literal::string(&text.value()));
    let given = [
        ("memory", options.memory.map(Literal::u64_suffixed)),
        ("runtime", options.runtime.map(Literal::u64_suffixed)),
        ("cores", options.cores.map(Literal::u32_suffixed)),
        ("queue", text(&options.queue)),
        ("max_concurrently_running", options.max_concurrently_running.map(Literal::u32_suffixed)),
        ("max_attempts", options.max_attempts.map(Literal::u32_suffixed)),
        ("stdout", text(&options.stdout)),
        ("stderr", text(&options.stderr)),
    ];
    given.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

fn command(command: &Command, private: &Private) -> TokenStream {
    match command {
        Command::Text(text) => quote!(#private::CommandSpec::Text(#text)),
        Command::Shell(text) => quote!(#private::CommandSpec::Shell(#text)),
        Command::Words(words) => quote!(#private::CommandSpec::Words(&[#(#words),*])),
    }
}

/// Gives each argument's value through the trait of its first place, and of its identity; then checks its other places, and
/// gives the upstreams.
///
/// The traits are named with the very type of the field, so that the compiler tells an unmet one there. The identity is that
/// of the type which the place gives for `_`, so that it is not told of what cannot stand in its place.
fn calls(template: &Template<'_>, private: &Private) -> TokenStream {
    let values = template.args.iter().filter_map(|arg| Some(value(arg, *arg.places.first()?, private)));
    let checks = template.args.iter().flat_map(|arg| arg.places.iter().skip(1).map(|place| (arg.field, rule(*place))));
    let checks: Vec<(&RawField, (Ident, Ident))> = checks.collect();
    let checked_types = checks.iter().map(|(field, _)| &field.ty);
    let check_rules = checks.iter().map(|(_, (rule, _))| rule);
    let check_methods = checks.iter().map(|(_, (_, method))| method);
    let upstreams = template.upstreams.iter().map(|field| &field.ident);
    let upstream_types = template.upstreams.iter().map(|field| &field.ty);
    quote! {
        __visitor.values(&[#(#values),*]);
        #(let _ = <#checked_types as #private::#check_rules>::#check_methods;)*
        #(<#upstream_types as #private::Upstream>::put(&self.#upstreams, __visitor.upstreams());)*
    }
}

fn value(arg: &Arg<'_>, place: Place, private: &Private) -> TokenStream {
    let RawField { ident, ty, .. } = arg.field;
    let (rule, method) = rule(place);
    if arg.role == Role::Op {
        return quote!(<#ty as #private::#rule>::#method(&self.#ident).value());
    }
    let itself = itself(ty, private);
    quote!(<#itself as #private::IdentArg>::ident(<#ty as #private::#rule<_>>::#method(&self.#ident)))
}

/// What the place gives for `_`, placed where the type of the field stands.
fn itself(ty: &Type, private: &Private) -> TokenStream {
    let tokens = ty.to_token_stream().into_iter();
    let mut path: Vec<TokenTree> = quote!(#private::Itself<_>).into_iter().collect();
    if let Some(begin) = tokens.clone().next().map(|token| token.span()) {
        for token in &mut path {
            // The two colons of `::jobmon` are one token; a path of the user's may begin with a name.
            token.set_span(if matches!(token, TokenTree::Punct(_)) { begin } else { begin.resolved_at(token.span()) });
            if !matches!(token, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint) {
                break;
            }
        }
    }
    if let (Some(last), Some(end)) = (path.last_mut(), tokens.last()) {
        last.set_span(end.span());
    }
    path.into_iter().collect()
}

/// The trait that is the rule of a place, and its method that gives the value.
fn rule(place: Place) -> (Ident, Ident) {
    let (rule, method) = match place {
        Place::Plain => ("PlainArg", "plain"),
        Place::Optional => ("OptionalArg", "optional"),
        Place::List => ("ListArg", "list"),
        Place::Guard => ("GuardArg", "guard"),
        Place::Script => ("ScriptArg", "script"),
        Place::Text => ("TextArg", "text"),
    };
    (Ident::new(rule, Span::call_site()), Ident::new(method, Span::call_site()))
}
