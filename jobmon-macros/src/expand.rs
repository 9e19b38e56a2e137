//! A valid template in Rust. Nothing can go wrong here.

use crate::model::{Arg, Command, Place, Role, Template};
use crate::parse::RawField;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::LitStr;
use syn::ext::IdentExt;

/// The implementation of `TaskTemplate`.
pub(crate) fn template(template: &Template<'_>) -> TokenStream {
    let private = private(template);
    let raw = template.raw;
    let ident = &raw.ident;
    let (impl_generics, type_generics, where_clause) = raw.generics.split_for_impl();
    let spec = spec(template, &private);
    let visits = template.args.iter().map(|arg| visit(arg, &private));
    let upstreams = template.upstreams.iter().map(|field| upstream(field, &private));
    let visits = visits.chain(upstreams);
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #impl_generics #private::TaskTemplate for #ident #type_generics #where_clause {
            const SPEC: &'static #private::TemplateSpec = &#spec;

            fn visit(&self, visitor: &mut #private::Visitor<'_>) {
                #(#visits)*
            }
        }
    }
}

fn private(template: &Template<'_>) -> TokenStream {
    let krate = template.raw.krate();
    quote!(#krate::__private)
}

fn spec(template: &Template<'_>, private: &TokenStream) -> TokenStream {
    let options = &template.raw.options;
    let name = &template.name;
    let command = command(&template.command, private);
    let doc = &template.raw.doc;
    let version = options.version.unwrap_or(1);
    let args = template.args.iter().map(|arg| spec_of_arg(arg, private));
    let [memory, runtime] = [options.memory, options.runtime].map(option);
    let [cores, max_attempts] = [options.cores, options.max_attempts].map(option);
    let max_concurrently_running = option(options.max_concurrently_running);
    let [scale_memory, scale_runtime] = [options.scale_memory, options.scale_runtime].map(option);
    let [queue, stdout, stderr] =
        [&options.queue, &options.stdout, &options.stderr].map(|text| option(text.as_ref().map(LitStr::value)));
    let env = options.env.iter().map(|variable| {
        let (name, value) = (variable.name.unraw().to_string(), variable.value.value());
        quote!((#name, #value))
    });
    quote! {
        #private::TemplateSpec {
            name: #name,
            version: #version,
            doc: #doc,
            command: #command,
            args: &[#(#args),*],
            memory: #memory,
            runtime: #runtime,
            cores: #cores,
            queue: #queue,
            max_concurrently_running: #max_concurrently_running,
            max_attempts: #max_attempts,
            scale_memory: #scale_memory,
            scale_runtime: #scale_runtime,
            stdout: #stdout,
            stderr: #stderr,
            env: &[#(#env),*],
            at: #private::Place { file: ::core::file!(), line: ::core::line!(), column: ::core::column!() },
        }
    }
}

fn command(command: &Command, private: &TokenStream) -> TokenStream {
    match command {
        Command::Text(text) => quote!(#private::CommandSpec::Text(#text)),
        Command::Shell(text) => quote!(#private::CommandSpec::Shell(#text)),
        Command::Words(words) => quote!(#private::CommandSpec::Words(&[#(#words),*])),
    }
}

fn spec_of_arg(arg: &Arg<'_>, private: &TokenStream) -> TokenStream {
    let name = &arg.field.name;
    let role = format_ident!(
        "{}",
        match arg.role {
            Role::Node => "Node",
            Role::Task => "Task",
            Role::Op => "Op",
        }
    );
    quote!(#private::ArgSpec { name: #name, role: #private::Role::#role })
}

fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(|| quote!(::core::option::Option::None), |value| quote!(::core::option::Option::Some(#value)))
}

/// Gives the argument's value through the trait of its first place; then checks its other places and its identity.
///
/// The traits are named with the very type of the field, so that the compiler tells an unmet one there.
fn visit(arg: &Arg<'_>, private: &TokenStream) -> TokenStream {
    let RawField { ident, ty, .. } = arg.field;
    let mut places = arg.places.iter().map(|place| {
        let (rule, method) = rule(*place);
        quote!(<#ty as #private::#rule>::#method(&self.#ident))
    });
    let value = places.next();
    let ident = match arg.role {
        Role::Node | Role::Task => quote!(<#ty as #private::IdentArg>::ident(&self.#ident);),
        Role::Op => TokenStream::new(),
    };
    quote! {
        visitor.value(#value);
        #(#places;)*
        #ident
    }
}

/// The trait that is the rule of a place, and its method that gives the value.
fn rule(place: Place) -> (Ident, Ident) {
    let (rule, method) = match place {
        Place::Plain => ("PlainArg", "plain"),
        Place::Optional => ("OptionalArg", "optional"),
        Place::List => ("ListArg", "list"),
        Place::Guard => ("GuardArg", "guard"),
    };
    (format_ident!("{rule}"), format_ident!("{method}"))
}

fn upstream(field: &RawField, private: &TokenStream) -> TokenStream {
    let RawField { ident, ty, .. } = field;
    quote!(<#ty as #private::Upstream>::put(&self.#ident, visitor.upstreams());)
}
