//! A template as a workflow keeps it, be it declared in the program or made at run time.

use crate::digest::{Digest, Digester};
use crate::model::{Place, Role, TemplateSpec};
use crate::units::{Memory, WallTime};
use jobmon_syntax::command::{Command as Parsed, Text};
use std::borrow::Cow;

/// A template of a workflow.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) name: Cow<'static, str>,
    pub(crate) version: u32,
    pub(crate) doc: &'static str,
    pub(crate) recipe: Recipe,
    pub(crate) args: Vec<Arg>,
    pub(crate) memory: Option<Memory>,
    pub(crate) runtime: Option<WallTime>,
    pub(crate) cores: Option<u32>,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) at: Place,
}

/// An argument of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    pub(crate) name: Cow<'static, str>,
    pub(crate) role: Role,
}

/// How a template's tasks get their commands.
#[derive(Clone, Debug)]
pub(crate) enum Recipe {
    /// From a text with placeholders.
    Text { text: &'static str, command: Box<Parsed>, stdout: Option<Box<Text>> },
    /// The first argument is the whole command, word by word.
    Words,
}

impl Template {
    /// The template that the macro wrote down.
    pub(crate) fn of_spec(spec: &TemplateSpec) -> Self {
        let command = jobmon_syntax::command::parse(spec.command).expect("the macro checked the command");
        let stdout = spec.stdout.map(|text| {
            Box::new(jobmon_syntax::command::parse_text(text).expect("the macro checked the path of the output"))
        });
        Self {
            name: Cow::Borrowed(spec.name),
            version: spec.version,
            doc: spec.doc,
            recipe: Recipe::Text { text: spec.command, command: Box::new(command), stdout },
            args: spec.args.iter().map(|arg| Arg { name: Cow::Borrowed(arg.name), role: arg.role }).collect(),
            memory: spec.memory.map(Memory::from_bytes),
            runtime: spec.runtime.map(WallTime::from_seconds),
            cores: spec.cores,
            max_attempts: spec.max_attempts,
            at: spec.at,
        }
    }

    /// The text of the command, as people write it.
    pub(crate) fn command_text(&self) -> &'static str {
        match self.recipe {
            Recipe::Text { text, .. } => text,
            Recipe::Words => "{argv}...",
        }
    }

    /// Whether its tasks are commands that nothing but their words tells apart.
    pub(crate) fn is_told_by_words(&self) -> bool {
        matches!(self.recipe, Recipe::Words) && !self.args.iter().any(|arg| arg.role == Role::Node)
    }

    /// Tells whether the command was another one in another run.
    pub(crate) fn command_hash(&self) -> Digest {
        let mut digester = Digester::new("jobmon command 1");
        digester.text(self.command_text());
        digester.finish()
    }
}
