//! A task whose command is known only at run time.

use crate::model::{Fits, IdentArg, PlainArg, ValueMistake, ValueWriter, Values, pack_list};
use crate::plan::draft::Draft;
use crate::plan::task::{Describe, IntoTask, Task};
use std::collections::BTreeMap;

/// A task that runs a command which is known only at run time.
///
/// Its program and arguments are a task argument of the template `command`, or of the name given by
/// [`template`](Self::template). Two such tasks of a workflow must differ in their words or their node arguments.
///
/// ```
/// use jobmon::prelude::*;
/// let mut wf = Tool::new("demo").workflow("commands");
/// for id in 0..3 {
///     wf.add(Command::new("sleep").arg("0.1").node_arg("id", id));
/// }
/// assert!(wf.check().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a task does nothing until it is added to a workflow"]
pub struct Command {
    template: String,
    words: Words,
    /// Each node argument's value by its name: in whichever order they are given, it is the same task.
    node_args: BTreeMap<String, Packed>,
    mistakes: Vec<ValueMistake>,
}

/// The words of a command, packed like a list of arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Words(Vec<Word>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word(Vec<u8>);

/// A value, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Packed {
    bytes: Vec<u8>,
    mistakes: Vec<ValueMistake>,
}

impl Command {
    /// The template's name where none is given.
    const TEMPLATE: &'static str = "command";

    /// A task that runs `program`, which is looked up in `PATH` if it has no slash.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("date"));
    /// wf.add(Command::new("./fit.py").arg("--all"));
    /// assert!(wf.check().is_ok());
    /// ```
    pub fn new(program: impl PlainArg) -> Self {
        let command = Self {
            template: Self::TEMPLATE.to_owned(),
            words: Words::default(),
            node_args: BTreeMap::new(),
            mistakes: Vec::new(),
        };
        let mut command = command.arg(program);
        let is_empty = command.words.0.iter().any(|word| Values::new(&word.0).single().is_empty());
        if is_empty && command.mistakes.is_empty() {
            command.mistakes.push(ValueMistake::NoProgram);
        }
        command
    }

    /// One more argument: one word of the command, whatever it contains.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").arg("--year").arg(1990).arg("x; rm -rf /"));
    /// assert!(wf.check().is_ok());
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "a reference is a `PlainArg` too, so that the caller chooses")]
    pub fn arg(mut self, arg: impl PlainArg) -> Self {
        let packed = Packed::of(&arg);
        self.words.0.push(Word(packed.bytes));
        self.mistakes.extend(packed.mistakes);
        self
    }

    /// More arguments.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").args(["--year", "1990"]).args(1..=3));
    /// assert!(wf.check().is_ok());
    /// ```
    pub fn args<A: PlainArg>(self, args: impl IntoIterator<Item = A>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    /// A name and a value that tell this task from its siblings. The last value of a name counts.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// for try_ in 0..3 {
    ///     wf.add(Command::new("sample").node_arg("try", try_)); // the same words, other tasks
    /// }
    /// assert!(wf.check().is_ok());
    /// ```
    #[expect(clippy::needless_pass_by_value, reason = "a reference is a `PlainArg` too, so that the caller chooses")]
    pub fn node_arg(mut self, name: impl Into<String>, value: impl IdentArg + PlainArg) -> Self {
        self.node_args.insert(name.into(), Packed::of(&value));
        self
    }

    /// The name of its template: tasks of one name are counted and shown together.
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("sh").args(["-c", "fit | tee log"]).template("fit"));
    /// assert!(wf.check().is_ok());
    /// ```
    pub fn template(mut self, name: impl Into<String>) -> Self {
        self.template = name.into();
        self
    }
}

impl Packed {
    fn of(value: &impl PlainArg) -> Self {
        let mut packed = Self::default();
        ValueWriter::new(&mut packed.bytes, &mut packed.mistakes).value(value, Fits::PLAIN);
        packed
    }
}

#[diagnostic::do_not_recommend]
impl IntoTask for Command {
    type Template = Self;

    fn into_task(self) -> Task<Self> {
        Task { inner: self, overrides: None }
    }
}

/// What is said of the command itself may also be said after what is said of the task.
impl Task<Command> {
    /// As [`Command::arg`].
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").memory("8G").arg("--all"));
    /// assert!(wf.check().is_ok());
    /// ```
    pub fn arg(self, arg: impl PlainArg) -> Self {
        Self { inner: self.inner.arg(arg), ..self }
    }

    /// As [`Command::args`].
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").memory("8G").args(["--from", "1990"]));
    /// assert!(wf.check().is_ok());
    /// ```
    pub fn args<A: PlainArg>(self, args: impl IntoIterator<Item = A>) -> Self {
        Self { inner: self.inner.args(args), ..self }
    }

    /// As [`Command::node_arg`].
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").memory("8G").node_arg("year", 1990));
    /// assert!(wf.check().is_ok());
    /// ```
    pub fn node_arg(self, name: impl Into<String>, value: impl IdentArg + PlainArg) -> Self {
        Self { inner: self.inner.node_arg(name, value), ..self }
    }

    /// As [`Command::template`].
    ///
    /// ```
    /// # use jobmon::prelude::*;
    /// # let mut wf = Tool::new("demo").workflow("w");
    /// wf.add(Command::new("fit").memory("8G").template("fit"));
    /// assert!(wf.check().is_ok());
    /// ```
    pub fn template(self, name: impl Into<String>) -> Self {
        Self { inner: self.inner.template(name), ..self }
    }
}

impl Describe for Command {
    fn describe(&self, draft: &mut Draft<'_>) {
        draft.command(&self.template, self.node_args.keys().map(String::as_str), |packed| {
            let words = self.words.0.iter().map(|word| word.0.as_slice());
            pack_list(packed, words);
            let mut mistakes: Vec<(usize, ValueMistake)> =
                self.mistakes.iter().map(|mistake| (0, mistake.clone())).collect();
            for (place, value) in (1..).zip(self.node_args.values()) {
                packed.extend_from_slice(&value.bytes);
                mistakes.extend(value.mistakes.iter().map(|mistake| (place, mistake.clone())));
            }
            mistakes
        });
    }
}
