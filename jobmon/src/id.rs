//! Numbers that name things. Two ids of different things never mix.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("use jobmon::id::", stringify!($name), ";")]
        #[doc = concat!("assert_eq!(", stringify!($name), "(7).to_string(), \"7\");")]
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A task's place in its workflow: dense, from 0, in the order of adding.
    TaskId(u32);
    /// A set of tasks that others wait for together: dense, from 0, in the order of first use.
    SetId(u32);
    /// A task template's place in its workflow: dense, from 0, in the order of first use.
    TemplateId(u32);
    /// One attempt at a task: the `id` of its row in the table `task_instance`.
    AttemptId(i64);
    /// The `id` of a row in the table `workflow`.
    WorkflowId(i64);
    /// The `id` of a row in the table `workflow_run`.
    RunId(i64);
    /// A pair of output files that one attempt at a time writes to, from 0.
    SlotId(u32);
}

impl TaskId {
    /// This task's place in a dense list of tasks.
    ///
    /// ```
    /// assert_eq!(jobmon::id::TaskId(7).index(), 7);
    /// ```
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl SetId {
    /// This set's place in a dense list of sets.
    ///
    /// ```
    /// assert_eq!(jobmon::id::SetId(7).index(), 7);
    /// ```
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl TemplateId {
    /// This template's place in a dense list of templates.
    ///
    /// ```
    /// assert_eq!(jobmon::id::TemplateId(7).index(), 7);
    /// ```
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}
