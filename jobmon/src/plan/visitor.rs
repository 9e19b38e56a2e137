//! What a task tells of itself: its values and its upstreams.

use crate::model::{ArgValue, Fits, TemplateSpec, ValueMistake, ValueWriter};
use crate::plan::upstream::Upstreams;

/// A struct that declares a task template. Written by `#[task_template]`, never by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no task template",
    label = "not a struct with `#[task_template(..)]`"
)]
///
/// ```
/// # use jobmon::prelude::*;
/// #[task_template(command = "fit {year}", memory = "8G")]
/// struct Fit { #[node_arg] year: u16 }
///
/// assert_eq!((Fit::SPEC.name, Fit::SPEC.memory), ("fit", Some(8 << 30)));
/// let _ = Fit { year: 1990 };
/// ```
pub trait TaskTemplate {
    /// What the attribute declares.
    const SPEC: &'static TemplateSpec;

    /// Gives the values, in the order of `SPEC.args`, all at once, and the upstreams.
    fn visit(&self, visitor: &mut Visitor<'_>);
}

/// Takes the values and upstreams of one task.
#[derive(Debug)]
pub struct Visitor<'a> {
    packed: &'a mut Vec<u8>,
    /// What the places of each argument ask of its value.
    fits: &'a [Fits],
    mistakes: &'a mut Vec<(usize, ValueMistake)>,
    upstreams: &'a mut Upstreams,
}

impl<'a> Visitor<'a> {
    pub(crate) fn new(
        packed: &'a mut Vec<u8>,
        fits: &'a [Fits],
        mistakes: &'a mut Vec<(usize, ValueMistake)>,
        upstreams: &'a mut Upstreams,
    ) -> Self {
        Self { packed, fits, mistakes, upstreams }
    }

    /// The values of the arguments.
    ///
    /// What may stand in which place of the command is checked by the traits of arguments, through which the macro
    /// makes each value: `<u32 as PlainArg>::plain(&self.year)`. So a mistake is told at the field's type.
    pub fn values(&mut self, values: &[&dyn ArgValue]) {
        for (at, value) in values.iter().enumerate() {
            let mut mistakes = Vec::new();
            let fits = self.fits.get(at).copied().unwrap_or(Fits::ALL);
            ValueWriter::new(self.packed, &mut mistakes).value(*value, fits);
            self.mistakes.extend(mistakes.into_iter().map(|mistake| (at, mistake)));
        }
    }

    /// What takes the tasks that must be done before.
    pub fn upstreams(&mut self) -> &mut Upstreams {
        self.upstreams
    }
}
