//! The options that are names: of the queue, and of variables of the environment.

use crate::diagnostics::Diagnostics;
use crate::given::Growth;
use crate::options::Variable;
use crate::parse::Raw;
use proc_macro2::Ident;
use syn::ext::IdentExt;

pub(super) fn check(raw: &Raw, errors: &mut Diagnostics) {
    if let Some(queue) = &raw.options.queue
        && let Some(wrong) = wrong_queue(&queue.value())
    {
        errors.error(queue, format!("{:?} can't be the name of a queue: {wrong}", queue.value()));
    }
    let options = &raw.options;
    let asked =
        [("memory", options.memory, &options.scale_memory), ("runtime", options.runtime, &options.scale_runtime)];
    for (what, asked, growth) in asked {
        let Some(Growth::Steps(steps)) = growth else { continue };
        if let Some(first) = steps.first().filter(|first| asked.is_some_and(|asked| first.amount <= asked)) {
            let first = &first.text;
            errors.error(
                first,
                format!("the first step, {:?}, is not above `{what}`, what is asked for at first", first.value()),
            );
        }
    }
    for Variable { name, .. } in &raw.options.env {
        if name.unraw().to_string().starts_with("JOBMON_") {
            errors.error(name, format!("`{name}`: variables that begin with `JOBMON_` are set by jobmon"));
        }
        let text = name.to_string();
        if matches!(text.as_str(), "_" | "self" | "Self" | "super" | "crate") {
            errors.error(
                name,
                format!("`{name}` can't be the name of a variable here, since it names other things in Rust"),
            );
        } else if syn::parse_str::<Ident>(&text).is_err() {
            errors.error(name, format!("`{name}` is a word of Rust; for a variable of this name write `r#{name}`"));
        }
    }
}

/// What is wrong with the name of a queue, which is a word of an option to the scheduler.
fn wrong_queue(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("it is empty"),
        _ if name.contains(char::is_whitespace) => Some("white space can't stand in it"),
        _ if name.contains(char::is_control) => Some("a control character can't stand in it"),
        _ if name.contains(['{', '}']) => Some("an argument can't stand in it; all tasks of a template have one queue"),
        _ if name.starts_with('-') => Some("it can't begin with `-`, like an option"),
        _ => None,
    }
}
