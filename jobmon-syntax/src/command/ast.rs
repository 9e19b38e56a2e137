//! What a command is made of.

use std::ops::Range;

/// A command that follows the grammar: the program, then its arguments.
///
/// Made by [`parse`](crate::command::parse) and [`parse_words`](crate::command::parse_words) alone, so the first item is always a word that is neither optional nor a
/// list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub(super) items: Vec<Item>,
    pub(super) names: Vec<String>,
}

impl Command {
    /// The words and groups, in order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The distinct names of placeholders in order of their first use: the order of the values that
    /// [`render_slots`](Self::render_slots) takes.
    ///
    /// ```
    /// let command = jobmon_syntax::command::parse("cp {from} {to} --log {from}.log").expect("it follows the grammar");
    /// assert_eq!(command.names(), ["from", "to"]);
    /// ```
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Each use of a placeholder in order of place, with what is asked of its value.
    ///
    /// ```
    /// use jobmon_syntax::command::{Usage, parse};
    ///
    /// let command = parse("p {a} [{v}? --draws {b}] {c}...").expect("it follows the grammar");
    /// let uses = command.placeholders().map(|(placeholder, usage)| (placeholder.name.as_str(), usage));
    /// let uses: Vec<_> = uses.collect();
    /// assert_eq!(uses, [("a", Usage::Plain), ("v", Usage::Guard), ("b", Usage::Optional), ("c", Usage::Splice)]);
    /// ```
    pub fn placeholders(&self) -> impl Iterator<Item = (&Placeholder, Usage)> {
        self.items.iter().flat_map(Item::placeholders)
    }
}

/// A word, or a group of words that come and go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Always written.
    Word(Word),
    /// Written when all its values are there.
    Group(Group),
}

impl Item {
    /// Where it stands in the text, in bytes.
    pub fn span(&self) -> Range<usize> {
        match self {
            Self::Word(word) => word.span.clone(),
            Self::Group(group) => group.span.clone(),
        }
    }

    pub(super) fn placeholders(&self) -> Box<dyn Iterator<Item = (&Placeholder, Usage)> + '_> {
        match self {
            Self::Word(word) => Box::new(word.placeholders()),
            Self::Group(group) => Box::new(group.placeholders()),
        }
    }
}

/// Words in brackets, `[--draws {draws}]` or `[{verbose}? --verbose]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The value that decides about the group and writes nothing itself.
    pub guard: Option<Placeholder>,
    /// The words, one at least.
    pub words: Vec<Word>,
    /// Where it stands in the text, brackets included, in bytes.
    pub span: Range<usize>,
}

impl Group {
    fn placeholders(&self) -> impl Iterator<Item = (&Placeholder, Usage)> {
        let guard = self.guard.iter().map(|guard| (guard, Usage::Guard));
        let words = self.words.iter().flat_map(Word::placeholders);
        guard.chain(words.map(|(placeholder, usage)| (placeholder, usage.in_a_group())))
    }
}

/// A word: text and values, and at its end perhaps a list that repeats it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Text and values in order; empty for `''` and for a word that is nothing but a list.
    pub parts: Vec<Part>,
    /// The list whose items repeat this word: `dirs` in `-I{dirs}...`.
    pub splice: Option<Placeholder>,
    /// Where it stands in the text, quotes and marks included, in bytes.
    pub span: Range<usize>,
}

impl Word {
    fn placeholders(&self) -> impl Iterator<Item = (&Placeholder, Usage)> {
        let values = self.parts.iter().filter_map(Part::placeholder);
        values.map(|value| (value, Usage::Plain)).chain(self.splice.iter().map(|list| (list, Usage::Splice)))
    }
}

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text, as it is written: quotes, backslashes and doubled braces are resolved.
    Text(String),
    /// A value in its place.
    Value(Placeholder),
}

impl Part {
    pub(super) fn placeholder(&self) -> Option<&Placeholder> {
        match self {
            Self::Text(_) => None,
            Self::Value(placeholder) => Some(placeholder),
        }
    }
}

/// One use of an argument, `{name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The name between the braces; the field `r#type` is written `{type}`.
    pub name: String,
    /// Where the name stands among [`Command::names`] or [`Text::names`].
    pub slot: usize,
    /// Where it stands in the text, braces included and marks not, in bytes.
    pub span: Range<usize>,
}

/// What a use of a placeholder asks of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Usage {
    /// `{x}`: exactly one value.
    Plain,
    /// `{x}` in a group: one value or none.
    Optional,
    /// `{x}...`: a list.
    Splice,
    /// `{x}...` in a group: a list; an empty or absent one leaves the group out.
    OptionalSplice,
    /// `{x}?`: true or false, there or not, empty or not.
    Guard,
}

impl Usage {
    fn in_a_group(self) -> Self {
        match self {
            Self::Plain | Self::Optional => Self::Optional,
            Self::Splice | Self::OptionalSplice => Self::OptionalSplice,
            Self::Guard => Self::Guard,
        }
    }
}

/// The template of one value, such as `{root}/fit_{location}.txt`: text and values, never split into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub(super) parts: Vec<Part>,
    pub(super) names: Vec<String>,
}

impl Text {
    /// Text and values in order; none for the empty text.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The distinct names of placeholders in order of their first use.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Each use of a placeholder in order of place; all of them are [`Usage::Plain`].
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(Part::placeholder)
    }
}
