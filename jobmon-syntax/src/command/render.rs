//! Values into a command: the `argv` of one task.

use std::fmt;

use super::ast::{Command, Group, Item, Part, Placeholder, Text, Word};

/// The value of an argument, borrowed from the task that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'v> {
    /// There is none: leaves out the groups that it stands in.
    Absent,
    /// True or false, written `true` and `false`; as a guard it decides.
    Bool(bool),
    /// One value, written as it is.
    One(&'v str),
    /// A list, for `{x}...`.
    Many(&'v [&'v str]),
}

/// Why values don't fit a command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RenderError {
    /// The command uses an argument that has not been given.
    UnknownName {
        /// Its name.
        name: String,
    },
    /// An absent value outside a group.
    AbsentValue {
        /// Its name.
        name: String,
    },
    /// A list where one value belongs.
    UnexpectedList {
        /// Its name.
        name: String,
    },
    /// One value where a list belongs.
    NotAList {
        /// Its name.
        name: String,
    },
    /// A value with a NUL in it, which no program can be given.
    Nul {
        /// Its name.
        name: String,
    },
    /// The program came out as the empty word.
    EmptyProgram,
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownName { name } => write!(f, "no argument `{name}` is given, which the command uses"),
            Self::AbsentValue { name } => {
                write!(f, "`{name}` has no value; an optional value goes in a group, `[--flag {{{name}}}]`")
            }
            Self::UnexpectedList { name } => {
                write!(f, "`{name}` is a list, which can't stand as `{{{name}}}`; write `{{{name}}}...`")
            }
            Self::NotAList { name } => {
                write!(f, "`{name}` is one value, which `{{{name}}}...` can't repeat; write `{{{name}}}`")
            }
            Self::Nul { name } => write!(f, "the value of `{name}` contains a NUL, which no program can be given"),
            Self::EmptyProgram => write!(f, "the program is the empty word; give its name or path"),
        }
    }
}

impl std::error::Error for RenderError {}

impl Command {
    /// The words to run, with the value that `lookup` gives for each name (asked once for each).
    ///
    /// Each value is one word or a part of one, whatever it contains, and is never expanded again.
    ///
    /// ```
    /// use jobmon_syntax::command::{Value, parse};
    ///
    /// let command = parse("cat {files}... [-n {n}]").expect("it follows the grammar");
    /// let files = ["a b", "$(c)"];
    /// let argv = command.render(|name| match name {
    ///     "files" => Some(Value::Many(&files)),
    ///     "n" => Some(Value::Absent),
    ///     _ => None,
    /// });
    /// assert_eq!(argv, Ok(vec!["cat".to_owned(), "a b".to_owned(), "$(c)".to_owned()]));
    /// ```
    ///
    /// # Errors
    ///
    /// When `lookup` doesn't know a name, when a value is a list where one belongs or the other way round, when it is
    /// absent outside a group, when it contains a NUL, and when the program comes out empty.
    pub fn render<'v>(&self, lookup: impl Fn(&str) -> Option<Value<'v>>) -> Result<Vec<String>, RenderError> {
        self.render_slots(&look_up(&self.names, lookup)?)
    }

    /// As [`render`](Self::render), with the values in the order of [`names`](Self::names): for those who render one
    /// command a million times and resolve its names once.
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render); too few values are [`RenderError::UnknownName`].
    pub fn render_slots(&self, values: &[Value<'_>]) -> Result<Vec<String>, RenderError> {
        let mut argv = Vec::with_capacity(self.items.len());
        let values = Values(values);
        for item in &self.items {
            match item {
                Item::Word(word) => values.write_word(word, &mut argv)?,
                Item::Group(group) => values.write_group(group, &mut argv)?,
            }
        }
        if argv.first().is_none_or(String::is_empty) {
            return Err(RenderError::EmptyProgram);
        }
        Ok(argv)
    }
}

impl Text {
    /// The text with the value that `lookup` gives for each name (asked once for each).
    ///
    /// ```
    /// use jobmon_syntax::command::{Value, parse_text};
    ///
    /// let path = parse_text("{root}/fit_{place}.txt").expect("it follows the grammar");
    /// let text = path.render(|name| Some(Value::One(if name == "root" { "/data" } else { "3" })));
    /// assert_eq!(text.as_deref(), Ok("/data/fit_3.txt"));
    /// ```
    ///
    /// # Errors
    ///
    /// When `lookup` doesn't know a name, and when a value is a list, absent or contains a NUL.
    pub fn render<'v>(&self, lookup: impl Fn(&str) -> Option<Value<'v>>) -> Result<String, RenderError> {
        self.render_slots(&look_up(&self.names, lookup)?)
    }

    /// As [`render`](Self::render), with the values in the order of [`names`](Self::names).
    ///
    /// # Errors
    ///
    /// As [`render`](Self::render); too few values are [`RenderError::UnknownName`].
    pub fn render_slots(&self, values: &[Value<'_>]) -> Result<String, RenderError> {
        Values(values).join(&self.parts)
    }
}

pub(super) fn look_up<'v>(
    names: &[String],
    lookup: impl Fn(&str) -> Option<Value<'v>>,
) -> Result<Vec<Value<'v>>, RenderError> {
    names.iter().map(|name| lookup(name).ok_or_else(|| RenderError::UnknownName { name: name.clone() })).collect()
}

pub(super) struct Values<'v>(pub(super) &'v [Value<'v>]);

impl Values<'_> {
    fn of(&self, placeholder: &Placeholder) -> Result<Value<'_>, RenderError> {
        let value = self.0.get(placeholder.slot).copied();
        value.ok_or_else(|| RenderError::UnknownName { name: placeholder.name.clone() })
    }

    fn write_group(&self, group: &Group, argv: &mut Vec<String>) -> Result<(), RenderError> {
        if !self.is_wanted(group)? {
            return Ok(());
        }
        group.words.iter().try_for_each(|word| self.write_word(word, argv))
    }

    fn is_wanted(&self, group: &Group) -> Result<bool, RenderError> {
        if let Some(guard) = &group.guard
            && matches!(self.of(guard)?, Value::Absent | Value::Bool(false) | Value::Many([]))
        {
            return Ok(false);
        }
        for word in &group.words {
            for placeholder in word.parts.iter().filter_map(Part::placeholder) {
                if matches!(self.of(placeholder)?, Value::Absent) {
                    return Ok(false);
                }
            }
            if let Some(list) = &word.splice
                && matches!(self.of(list)?, Value::Absent | Value::Many([]))
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn write_word(&self, word: &Word, argv: &mut Vec<String>) -> Result<(), RenderError> {
        let start = self.join(&word.parts)?;
        let Some(list) = &word.splice else {
            argv.push(start);
            return Ok(());
        };
        argv.extend(self.many(list)?.iter().map(|item| format!("{start}{item}")));
        Ok(())
    }

    pub(super) fn many(&self, list: &Placeholder) -> Result<&[&str], RenderError> {
        match self.of(list)? {
            Value::Many(items) => items.iter().try_for_each(|item| refuse_nul(item, list)).map(|()| items),
            Value::Absent => Err(RenderError::AbsentValue { name: list.name.clone() }),
            Value::Bool(_) | Value::One(_) => Err(RenderError::NotAList { name: list.name.clone() }),
        }
    }

    fn join(&self, parts: &[Part]) -> Result<String, RenderError> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Value(placeholder) => text.push_str(self.one(placeholder)?),
            }
        }
        Ok(text)
    }

    pub(super) fn one(&self, placeholder: &Placeholder) -> Result<&str, RenderError> {
        let name = || placeholder.name.clone();
        match self.of(placeholder)? {
            Value::One(text) => refuse_nul(text, placeholder).map(|()| text),
            Value::Bool(true) => Ok("true"),
            Value::Bool(false) => Ok("false"),
            Value::Absent => Err(RenderError::AbsentValue { name: name() }),
            Value::Many(_) => Err(RenderError::UnexpectedList { name: name() }),
        }
    }
}

fn refuse_nul(text: &str, placeholder: &Placeholder) -> Result<(), RenderError> {
    if text.contains('\0') { Err(RenderError::Nul { name: placeholder.name.clone() }) } else { Ok(()) }
}
