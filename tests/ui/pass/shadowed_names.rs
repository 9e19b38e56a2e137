//! A user's own types may have the names of the standard library's, or of ours.
#![deny(warnings)]
#![expect(non_camel_case_types, dead_code, reason = "names of the library, for the user's own items")]

mod core {}
mod std {}
mod jobmon_macros {}

use ::jobmon::prelude::{ArgValue as Value, TaskTemplate as Template, Tool as Tools, grid, task_template};

struct Option;
struct Some;
struct None;
struct String;
struct Vec;
struct Clone;
struct Visitor;
struct TaskTemplate;
struct ArgValue;
struct PlainArg;
struct Place;
struct u64;
mod jobmon {}

#[task_template(command = "fit {visitor} {tasks} {option}", memory = "1G", cores = 1)]
struct Fit {
    #[node_arg]
    visitor: u8,
    #[node_arg]
    tasks: u8,
    #[task_arg]
    option: Kind,
}

#[derive(Value, ::std::clone::Clone)]
enum Kind {
    A,
    B,
}

/// Names of constants are patterns, so that no variable of ours may be called so.
mod constants {
    use ::jobmon::prelude::{ArgValue, grid, task_template};

    struct visitor;
    struct out;
    struct tasks;

    #[derive(Clone, ArgValue)]
    #[deprecated]
    pub(crate) enum Old {
        A,
    }

    #[task_template(command = "fit {x}")]
    pub(crate) struct Fit {
        #[node_arg]
        pub x: u8,
    }

    pub(crate) fn fits() -> ::std::vec::Vec<Fit> {
        grid!(Fit { x in [1, 2] })
    }
}

fn main() {
    ::std::assert_eq!(constants::fits().len(), 2);
    let mut wf = Tools::new("t").workflow("w");
    let tasks = [1, 2];
    let set = wf.add_all(grid!(Fit { visitor in [1, 2], tasks in tasks, option: Kind::A }));
    ::std::assert_eq!(set.len(), 4);
    ::std::assert_eq!(<Fit as Template>::SPEC.cores, ::std::option::Option::Some(1));
}
