//! The rules, as the first line of each message that breaking them gives.

use crate::diagnostics::Diagnostics;
use crate::parse::Raw;
use crate::unknown;
use proc_macro2::TokenStream;
use quote::quote;

fn all_messages(item: TokenStream) -> Vec<String> {
    let mut errors = Diagnostics::default();
    let raw = Raw::read(syn::parse2(item).expect("it is an item"), &mut errors);
    let (_, unknown) = super::template(&raw, &mut errors);
    unknown::pictures(&raw, &unknown, &mut errors);
    errors.messages()
}

fn messages(item: TokenStream) -> Vec<String> {
    let first = |message: String| message.lines().next().unwrap_or_default().to_owned();
    all_messages(item).into_iter().map(first).collect()
}

#[test]
fn what_is_right_has_no_message() {
    let right = messages(quote! {
        #[task_template(command = "fit {a} [{b}? --b] [--c {c}] {d}...", name = "x.y-1_Z", stdout = "{e}/{a}", memory = "1.5 GiB",)]
        #[task_template(runtime = "01:30:00", cores = (2), version = 3u32, max_attempts = 0x3, scale(runtime = 2))]
        pub struct Fit<'a> {
            #[node_arg] a: u32,
            #[op_arg] b: bool,
            #[task_arg] c: Option<u8>,
            #[task_arg] d: &'a [u8],
            #[op_arg] e: PathBuf,
            #[upstream] f: TaskRef<Fit<'a>>,
        }
    });
    assert_eq!(right, [""; 0]);
}

#[test]
fn each_option_is_checked_by_itself() {
    let wrong = messages(quote! {
        #[task_template(command = "x", memory = "8", runtime = 90, cores = 0, max_attempts = -1, memroy = "8G", name = a::b)]
        struct Fit;
    });
    assert_eq!(
        wrong[1..],
        [
            "`runtime` takes a text with a unit, in quotes: `runtime = \"1h30m\"`",
            "`cores = 0`: a task needs at least one core",
            "`max_attempts` can't be negative: `max_attempts = 3`",
            "unknown option `memroy`; did you mean `memory`?",
            "`name` takes a text in quotes, written here, since a macro sees no values: `name = \"fit\"`",
        ]
    );
}

#[test]
fn a_scale_below_one_is_taken_for_what_it_adds() {
    let wrong = messages(quote! {
        #[task_template(command = "x", scale(memory = 0.25, runtime = 1.0))]
        struct Fit;
    });
    assert_eq!(
        wrong,
        [
            "`memory = 0.25`: a scale is what a retry multiplies by, so it is above 1; write `memory = 1.25` for 25% more",
            "`runtime = 1.0`: a scale is what a retry multiplies by, so it is above 1; write `runtime = 1.5` for 50% more",
        ]
    );
}

#[test]
fn a_misspelled_placeholder_is_one_mistake() {
    let fields = quote!({ #[node_arg] input: u32, #[task_arg] output: u32 });
    let near = messages(quote!(#[task_template(command = "x {imput} {imput} {output}")] struct Fit #fields));
    assert_eq!(near, ["`Fit` has no argument `imput`"]);
    let far = messages(quote!(#[task_template(command = "x {elsewhere} {output}")] struct Fit #fields));
    assert_eq!(far, ["`Fit` has no argument `elsewhere`"], "one is left, so that it is meant");
    let two = messages(quote!(#[task_template(command = "x {elsewhere} {nowhere} {output}")] struct Fit #fields));
    assert_eq!(
        two,
        [
            "`input` is never used in the command; write `{input}` in it",
            "`Fit` has no argument `elsewhere`",
            "`Fit` has no argument `nowhere`"
        ]
    );
}

#[test]
fn a_message_points_into_the_text() {
    let wrong = all_messages(quote!(
        #[task_template(command = "x\n  --in {imput}")]
        struct Fit {
            #[node_arg]
            input: u8,
        }
    ));
    assert_eq!(wrong, ["`Fit` has no argument `imput`\n  --in {imput}\n       ^^^^^^^\ndid you mean `{input}`?"]);
}

#[test]
fn fields_with_mistakes_are_known_by_name() {
    let wrong = messages(quote! {
        #[task_template(command = "x {a} {b} {c} {d}")]
        struct Fit {
            a: u32,
            #[node_arg] #[op_arg] b: u32,
            #[nod_arg] c: u32,
            #[upstream] d: TaskRef<Fit>,
        }
    });
    assert_eq!(
        wrong,
        [
            "say what `a` is to the task, with one of",
            "`b` is a `#[node_arg]` already; it can't be a `#[op_arg]` too",
            "`d` is an upstream, not an argument",
        ]
    );
}

#[test]
fn a_command_that_cannot_be_read_still_says_what_it_uses() {
    let wrong = messages(quote! {
        #[task_template(command = "x {a} | y {b")]
        struct Fit { #[node_arg] a: u32, #[node_arg] other: u32 }
    });
    assert_eq!(
        wrong,
        ["`|` is a pipe", "`{` isn't closed", "`other` is never used in the command; write `{other}` in it"]
    );
}

#[test]
fn without_a_command_nothing_is_said_of_unused_arguments() {
    let wrong = messages(quote!(
        #[task_template(memory = "1G")]
        struct Fit {
            #[node_arg]
            a: u32,
        }
    ));
    assert_eq!(wrong, ["`Fit` has no command; write `#[task_template(command = \"program --flag {argument}\")]`"]);
    let wrong = messages(quote!(
        #[task_template(command = 3)]
        struct Fit {
            #[node_arg]
            a: u32,
        }
    ));
    assert_eq!(wrong, ["`command` takes a text in quotes: `command = \"python3 fit.py --year {year}\"`"]);
}
