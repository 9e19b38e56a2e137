//! What the macros name. Not for use by hand: it changes without notice.

pub use crate::model::{
    ArgSpec, CommandSpec, ExitMeaning, FailureKind, Place, RetrySpec, Role, ScaleSpec, TemplateSpec, ValueWriter,
};
pub use crate::model::{ArgValue, GuardArg, IdentArg, ListArg, OptionalArg, PlainArg, ScriptArg, TextArg};
pub use crate::plan::{TaskTemplate, Upstream, Visitor};
pub use jobmon_macros::TaskTemplate;

/// The type itself. What the compiler is to find, `Itself<_>`, has a place in the source by this, from its first token to its
/// last.
pub type Itself<T> = T;

/// What rust-analyzer completes in the attributes.
pub mod editor {
    /// The options of `#[task_template(..)]`.
    pub mod options {
        /// The command, with the arguments as `{name}`: `command = "python3 fit.py --year {year} [--draws {draws}]"`.
        pub mod command {}
        /// Has bash run the command, which is then a script; no value is ever part of it: `shell = true`.
        pub mod shell {}
        /// The template's name, by default the struct's in snake case: `name = "fit"`.
        pub mod name {}
        /// Raised to make its tasks other tasks, so that what is done is done again: `version = 2`.
        pub mod version {}
        /// The memory of a task: `memory = "8G"`.
        pub mod memory {}
        /// The time a task may take: `runtime = "1h30m"`.
        pub mod runtime {}
        /// The cores of a task: `cores = 4`.
        pub mod cores {}
        /// The queue that tasks go to, with the limits that the configuration gives it: `queue = "long.q"`.
        pub mod queue {}
        /// How many of its tasks run at once at most; 0 pauses it: `max_concurrently_running = 10`.
        pub mod max_concurrently_running {}
        /// How often a task may run before it has failed: `max_attempts = 3`.
        pub mod max_attempts {}
        /// What a retry multiplies its resources by, steps, or a function: `scale(memory = 1.5, runtime = ["2h", "4h"])`.
        pub mod scale {}
        /// Which failures are tried again, how often and when: `retry(on = [exit, timeout], delay = "10s")`.
        pub mod retry {}
        /// What an exit code means: `exit(42) = no_retry`, `exit(137) = out_of_memory`.
        pub mod exit {}
        /// The file that gets the standard output, with the arguments as `{name}`: `stdout = "{out}"`.
        pub mod stdout {}
        /// The file that gets the standard error, with the arguments as `{name}`: `stderr = "{out}.log"`.
        pub mod stderr {}
        /// The file that a success leaves, not empty and not the one that was there before: `output = "{root}/fit.csv"`.
        pub mod output {}
        /// Whether an output may be empty: `output_may_be_empty = true`.
        pub mod output_may_be_empty {}
        /// Variables of the environment, with the arguments as `{name}`: `env(OMP_NUM_THREADS = "{threads}")`.
        pub mod env {}
    }

    /// What a field is to the task.
    pub mod roles {
        /// It tells the task from its siblings in the workflow.
        pub mod node_arg {}
        /// It is data: changing it makes another task.
        pub mod task_arg {}
        /// It is how the task runs: changing it doesn't make another task.
        pub mod op_arg {}
        /// It is a task, or tasks, that must be done before.
        pub mod upstream {}
    }
}
