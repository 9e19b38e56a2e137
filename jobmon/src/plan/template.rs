//! A template as a workflow keeps it, be it declared in the program or made at run time.

use crate::config::{At, Said, Settings};
use crate::digest::{Digest, Digester};
use crate::model::{CommandSpec, Fits, Place, Queue, RetryPolicy, Role, TemplateSpec};
use crate::units::{Cores, Memory, WallTime};
use jobmon_syntax::command::{Command as Parsed, Placeholder, RenderError, Script, Text, Usage, Value};
use jobmon_syntax::command::{parse, parse_shell, parse_text, parse_words};
use std::borrow::Cow;

/// A template of a workflow.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) name: Cow<'static, str>,
    pub(crate) version: u32,
    pub(crate) doc: &'static str,
    pub(crate) recipe: Recipe,
    pub(crate) args: Vec<Arg>,
    /// What the places of each argument ask of its value; nothing where there is none.
    pub(crate) fits: Vec<Fits>,
    /// What its attribute says that its tasks ask for.
    pub(crate) settings: Settings,
    pub(crate) max_concurrently_running: Option<u32>,
    pub(crate) retry: Option<Said<RetryPolicy>>,
    pub(crate) output_may_be_empty: Option<bool>,
    pub(crate) at: Place,
}

/// What the attribute says that tasks ask for.
fn settings(spec: &'static TemplateSpec) -> Settings {
    let at = At::Attribute(&spec.at);
    Settings {
        memory: spec.memory.map(|bytes| Said::new(Memory::from_bytes(bytes), at.clone())),
        runtime: spec.runtime.map(|seconds| Said::new(WallTime::from_seconds(seconds), at.clone())),
        cores: spec.cores.and_then(Cores::new).map(|cores| Said::new(cores, at.clone())),
        max_attempts: spec.max_attempts.map(|attempts| Said::new(attempts, at.clone())),
        memory_scale: spec.scale_memory.map(|scale| Said::new(scale.into(), at.clone())),
        runtime_scale: spec.scale_runtime.map(|scale| Said::new(scale.into(), at.clone())),
        queue: spec.queue.map(|name| Said::new(Queue::named(name), at)),
        cluster: None,
    }
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
    /// From texts with placeholders.
    Texts(Box<Texts>),
    /// The first argument is the whole command, word by word.
    Words,
}

/// Words as one text in which each is a word again, placeholders included.
fn quote_words(words: &[&str]) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_@%+=:,./-{}".contains(c);
    let word = |word: &&str| match word.is_empty() || !word.chars().all(plain) {
        true => format!("'{}'", word.replace('\'', r"'\''")),
        false => (*word).to_owned(),
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// What becomes the `argv` of a task.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    Words(Parsed),
    Script(Script),
}

impl Line {
    pub(crate) fn render<'v>(&self, look_up: impl Fn(&str) -> Option<Value<'v>>) -> Result<Vec<String>, RenderError> {
        match self {
            Self::Words(command) => command.render(look_up),
            Self::Script(script) => script.render(look_up),
        }
    }
}

/// The texts with placeholders that a template declares.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    /// The command as it is written.
    pub(crate) written: Cow<'static, str>,
    pub(crate) line: Line,
    pub(crate) stdout: Option<Text>,
    pub(crate) stderr: Option<Text>,
    pub(crate) outputs: Vec<Text>,
    pub(crate) env: Vec<(&'static str, Text)>,
}

impl Texts {
    fn of_spec(spec: &TemplateSpec) -> Self {
        let text = |text| parse_text(text).expect("the macro checked the text");
        let (written, line) = match spec.command {
            CommandSpec::Text(text) => {
                (Cow::Borrowed(text), Line::Words(parse(text).expect("the macro checked the command")))
            }
            CommandSpec::Shell(text) => {
                (Cow::Borrowed(text), Line::Script(parse_shell(text).expect("the macro checked the script")))
            }
            CommandSpec::Words(words) => {
                (Cow::Owned(quote_words(words)), Line::Words(parse_words(words).expect("the macro checked the words")))
            }
        };
        Self {
            written,
            line,
            stdout: spec.stdout.map(text),
            stderr: spec.stderr.map(text),
            outputs: spec.outputs.iter().copied().map(text).collect(),
            env: spec.env.iter().map(|(name, value)| (*name, text(value))).collect(),
        }
    }
}

impl Texts {
    /// What the places of an argument ask of its value.
    fn fits(&self, name: &str) -> Fits {
        let command: Vec<(&Placeholder, Usage)> = match &self.line {
            Line::Words(command) => command.placeholders().collect(),
            Line::Script(script) => script.placeholders().collect(),
        };
        let texts =
            self.stdout.iter().chain(&self.stderr).chain(&self.outputs).chain(self.env.iter().map(|(_, value)| value));
        let plain = texts.flat_map(Text::placeholders).map(|placeholder| (placeholder, Usage::Plain));
        let uses = command.into_iter().chain(plain).filter(|(placeholder, _)| placeholder.name == name);
        uses.fold(Fits::ALL, |fits, (_, usage)| fits.and(asked(usage)))
    }
}

fn asked(usage: Usage) -> Fits {
    match usage {
        Usage::Plain => Fits::PLAIN,
        Usage::Optional => Fits { absent: true, one: true, many: false },
        Usage::Splice | Usage::OptionalSplice => Fits { absent: false, one: false, many: true },
        Usage::Guard => Fits::ALL,
    }
}

impl Template {
    /// The template that the macro wrote down.
    pub(crate) fn of_spec(spec: &'static TemplateSpec) -> Self {
        let texts = Texts::of_spec(spec);
        Self {
            name: Cow::Borrowed(spec.name),
            version: spec.version,
            doc: spec.doc,
            fits: spec.args.iter().map(|arg| texts.fits(arg.name)).collect(),
            recipe: Recipe::Texts(Box::new(texts)),
            args: spec.args.iter().map(|arg| Arg { name: Cow::Borrowed(arg.name), role: arg.role }).collect(),
            settings: settings(spec),
            max_concurrently_running: spec.max_concurrently_running,
            retry: Some(Said::new(RetryPolicy::of_spec(&spec.retry), At::Attribute(&spec.at))),
            output_may_be_empty: spec.output_may_be_empty,
            at: spec.at,
        }
    }

    /// The text of the command, as people write it.
    pub(crate) fn command_text(&self) -> &str {
        match &self.recipe {
            Recipe::Texts(texts) => &texts.written,
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
        if let Recipe::Texts(texts) = &self.recipe
            && matches!(texts.line, Line::Script(_))
        {
            digester.text("shell");
        }
        digester.finish()
    }
}
