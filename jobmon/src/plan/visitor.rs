//! What a task tells of itself: its values and its upstreams.

use crate::model::{
    ArgValue, GuardArg, IdentArg, ListArg, OptionalArg, PlainArg, TemplateSpec, ValueMistake, ValueWriter,
};
use crate::plan::upstream::{Upstream, Upstreams};

/// A struct that declares a task template. Written by `#[task_template]`, never by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no task template",
    label = "not a struct with `#[task_template(..)]`"
)]
pub trait TaskTemplate {
    /// What the attribute declares.
    const SPEC: &'static TemplateSpec;

    /// Gives the values, in the order of `SPEC.args`, and the upstreams.
    fn visit(&self, visitor: &mut Visitor<'_>);
}

/// Takes the values and upstreams of one task. Each method's bounds are the rules of one place in a command.
#[derive(Debug)]
pub struct Visitor<'a> {
    packed: &'a mut Vec<u8>,
    mistakes: &'a mut Vec<(usize, ValueMistake)>,
    upstreams: &'a mut Upstreams,
    values: usize,
}

macro_rules! takes {
    ($($(#[$doc:meta])* $name:ident($($bound:ident),*);)*) => {$(
        $(#[$doc])*
        pub fn $name<T: $($bound +)* ?Sized>(&mut self, value: &T) {
            self.value(|out| value.write(out));
        }
    )*};
}

impl<'a> Visitor<'a> {
    pub(crate) fn new(
        packed: &'a mut Vec<u8>,
        mistakes: &'a mut Vec<(usize, ValueMistake)>,
        upstreams: &'a mut Upstreams,
    ) -> Self {
        Self { packed, mistakes, upstreams, values: 0 }
    }

    takes! {
        /// A node or task argument that stands as `{x}`.
        ident_plain(IdentArg, PlainArg);
        /// A node or task argument that stands as `{x}` in an optional group.
        ident_optional(IdentArg, OptionalArg);
        /// A node or task argument that is spliced.
        ident_list(IdentArg, ListArg);
        /// A node or task argument that is a guard.
        ident_guard(IdentArg, GuardArg);
        /// An op argument that stands as `{x}`.
        op_plain(ArgValue, PlainArg);
        /// An op argument that stands as `{x}` in an optional group.
        op_optional(ArgValue, OptionalArg);
        /// An op argument that is spliced.
        op_list(ArgValue, ListArg);
        /// An op argument that is a guard.
        op_guard(ArgValue, GuardArg);
    }

    /// A task, or tasks, that must be done before.
    pub fn upstream<T: Upstream + ?Sized>(&mut self, upstream: &T) {
        upstream.put(self.upstreams);
    }

    fn value(&mut self, write: impl FnOnce(&mut ValueWriter<'_>)) {
        let mut mistakes = Vec::new();
        write(&mut ValueWriter::new(self.packed, &mut mistakes));
        self.mistakes.extend(mistakes.into_iter().map(|mistake| (self.values, mistake)));
        self.values += 1;
    }
}
