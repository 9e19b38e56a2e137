//! The texts of a task's arguments, packed one after the other.

use crate::model::{ArgValue, PlainArg};
use jobmon_syntax::command::Value;
use std::fmt::{self, Display, Write as _};

const ABSENT: u8 = 0;
const ONE: u8 = 1;
const MANY: u8 = 2;
const FALSE: u8 = 3;
const TRUE: u8 = 4;

/// Takes the value of one argument. An [`ArgValue`](crate::ArgValue) calls exactly one of its methods, once.
///
/// ```
/// use jobmon::model::{ArgValue, ValueWriter};
///
/// struct Degrees(f64);
///
/// impl ArgValue for Degrees {
///     fn write_value(&self, out: &mut ValueWriter<'_>) {
///         out.one(format_args!("{:.2}", self.0));
///     }
/// }
/// ```
#[derive(Debug)]
pub struct ValueWriter<'a> {
    packed: &'a mut Vec<u8>,
    mistakes: &'a mut Vec<ValueMistake>,
    /// How many values were written.
    written: usize,
}

/// What the places of an argument in the command ask of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fits {
    /// It may be absent.
    pub(crate) absent: bool,
    /// It may be one text or a flag.
    pub(crate) one: bool,
    /// It may be a list.
    pub(crate) many: bool,
}

impl Fits {
    /// Nothing is asked.
    pub(crate) const ALL: Self = Self { absent: true, one: true, many: true };

    /// One value is.
    pub(crate) const PLAIN: Self = Self { absent: false, one: true, many: false };

    /// What is asked here and there.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { absent: self.absent && other.absent, one: self.one && other.one, many: self.many && other.many }
    }
}

/// Why the text of a value cannot be used.
///
/// ```
/// use jobmon::model::ValueMistake;
/// use jobmon::plan::PlanError;
/// use jobmon::prelude::*;
/// let mut wf = Tool::new("demo").workflow("values");
/// wf.add(Command::new("echo").arg("a\0b"));
/// let mistakes = wf.check().unwrap_err();
/// assert!(matches!(mistakes.0[..], [PlanError::Value { mistake: ValueMistake::Nul(_), .. }]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueMistake {
    /// A path holds bytes that are not UTF-8; its lossy text.
    NotUtf8(String),
    /// A text holds a NUL byte, which no process argument can hold; the text.
    Nul(String),
    /// A [`Fixed`](crate::model::Fixed) holds no number; what it holds.
    NotFinite(String),
    /// A key of a map holds a `=`, which ends the key in its text; the key.
    EqualsInKey(String),
    /// The program of a command is the empty word.
    NoProgram,
    /// An [`ArgValue`](crate::ArgValue) called not one method of the writer; how many it called.
    Writes(usize),
    /// A list or no value, where its type says that it is one value.
    NotOne,
    /// A list, where its type says that it is one value or none.
    NotOptional,
    /// No list, where its type says that it is one.
    NotMany,
}

impl Display for ValueMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8(text) => write!(f, "the path {text:?} is not UTF-8"),
            Self::Nul(text) => write!(f, "{text:?} holds a NUL byte, which no argument of a process can hold"),
            Self::NotFinite(text) => write!(f, "`{text}` is no number that can be rounded"),
            Self::EqualsInKey(key) => {
                write!(f, "the key {key:?} of a map holds a `=`, which ends the key in `key=value`")
            }
            Self::NoProgram => write!(f, "the program is the empty word; give its name or path"),
            Self::Writes(0) => write!(f, "`write_value` of its type wrote nothing; it calls exactly one method, once"),
            Self::Writes(times) => {
                write!(f, "`write_value` of its type wrote {times} values; it calls exactly one method, once")
            }
            Self::NotOne => {
                write!(f, "`write_value` of its type wrote no single text; a `PlainArg` calls `one` or `flag`")
            }
            Self::NotOptional => {
                write!(f, "`write_value` of its type wrote a list; an `OptionalArg` calls `one`, `flag` or `absent`")
            }
            Self::NotMany => write!(f, "`write_value` of its type wrote no list; a `ListArg` calls `many`"),
        }
    }
}

impl<'a> ValueWriter<'a> {
    /// A writer that adds to `packed` and tells `mistakes`.
    pub(crate) fn new(packed: &'a mut Vec<u8>, mistakes: &'a mut Vec<ValueMistake>) -> Self {
        Self { packed, mistakes, written: 0 }
    }

    /// The argument has no value.
    ///
    /// ```
    /// # use jobmon::model::{ArgValue, ValueWriter};
    /// struct Limit(u32);
    ///
    /// impl ArgValue for Limit {
    ///     fn write_value(&self, out: &mut ValueWriter<'_>) {
    ///         match self.0 {
    ///             0 => out.absent(), // no limit
    ///             limit => out.one(limit),
    ///         }
    ///     }
    /// }
    /// ```
    pub fn absent(&mut self) {
        self.packed.push(ABSENT);
        self.written += 1;
    }

    /// The argument is a flag.
    ///
    /// ```
    /// # use jobmon::model::{ArgValue, ValueWriter};
    /// struct Verbosity(u8);
    ///
    /// impl ArgValue for Verbosity {
    ///     fn write_value(&self, out: &mut ValueWriter<'_>) {
    ///         out.flag(self.0 > 0); // an argument for `[{verbose}? --verbose]`
    ///     }
    /// }
    /// ```
    pub fn flag(&mut self, value: bool) {
        self.packed.push(if value { TRUE } else { FALSE });
        self.written += 1;
    }

    /// The argument is one text.
    ///
    /// ```
    /// # use jobmon::model::{ArgValue, ValueWriter};
    /// struct Degrees(f64);
    ///
    /// impl ArgValue for Degrees {
    ///     fn write_value(&self, out: &mut ValueWriter<'_>) {
    ///         out.one(format_args!("{:.2}", self.0));
    ///     }
    /// }
    /// ```
    pub fn one(&mut self, text: impl Display) {
        self.packed.push(ONE);
        self.text(text);
        self.written += 1;
    }

    /// The argument is a list, of values that are one text each.
    ///
    /// ```
    /// # use jobmon::model::{ArgValue, ValueWriter};
    /// struct Corners([(i16, i16); 2]);
    ///
    /// impl ArgValue for Corners {
    ///     fn write_value(&self, out: &mut ValueWriter<'_>) {
    ///         out.many(self.0.iter().map(|(x, y)| format!("{x},{y}"))); // an argument for `{corners}...`
    ///     }
    /// }
    /// ```
    pub fn many<T: PlainArg>(&mut self, items: impl IntoIterator<Item = T>) {
        self.packed.push(MANY);
        let at = self.reserve();
        let (mut count, written) = (0, self.written);
        for item in items {
            self.value(&item, Fits::PLAIN);
            count += 1;
        }
        self.fill(at, count);
        self.written = written + 1;
    }

    /// Writes a value that fits its place; one that does not is told, and exactly one value is written even so.
    pub(crate) fn value(&mut self, value: &dyn ArgValue, fits: Fits) {
        let (start, told) = (self.packed.len(), self.mistakes.len());
        self.written = 0;
        value.write_value(self);
        if self.written != 1 {
            self.mistakes.push(ValueMistake::Writes(self.written));
            // What comes first may be the value, so that two tasks of it are not told as equal too.
            let mut values = Values::new(&self.packed[start..]);
            let end = values.next().map(|_| self.packed.len() - values.packed.len());
            self.packed.truncate(end.unwrap_or(start));
            if end.is_none() {
                self.absent();
            }
        }
        let is_fit = match self.packed[start] {
            ABSENT => fits.absent,
            MANY => fits.many,
            ONE | FALSE | TRUE.. => fits.one,
        };
        // What could not be written was told, and is absent.
        if !is_fit && self.mistakes.len() == told {
            self.mistakes.push(match fits {
                Fits { many: true, .. } => ValueMistake::NotMany,
                Fits { absent: true, .. } => ValueMistake::NotOptional,
                Fits { .. } => ValueMistake::NotOne,
            });
        }
    }

    /// The argument cannot be written down.
    ///
    /// ```
    /// # use jobmon::model::{ArgValue, ValueMistake, ValueWriter};
    /// struct Share(f64);
    ///
    /// impl ArgValue for Share {
    ///     fn write_value(&self, out: &mut ValueWriter<'_>) {
    ///         match self.0.is_finite() {
    ///             true => out.one(self.0),
    ///             false => out.mistake(ValueMistake::NotFinite(self.0.to_string())),
    ///         }
    ///     }
    /// }
    /// ```
    pub fn mistake(&mut self, mistake: ValueMistake) {
        self.mistakes.push(mistake);
        self.absent();
    }

    fn text(&mut self, text: impl Display) {
        let at = self.reserve();
        let start = self.packed.len();
        // Writing to a vector cannot fail; a `Display` that fails leaves what it wrote.
        let written = write!(Bytes(self.packed), "{text}");
        debug_assert!(written.is_ok(), "a Display implementation returned an error");
        let bytes = &self.packed[start..];
        if bytes.contains(&0) {
            self.mistakes.push(ValueMistake::Nul(String::from_utf8_lossy(bytes).into_owned()));
        }
        let length = bytes.len();
        self.fill(at, length);
    }

    fn reserve(&mut self) -> usize {
        let at = self.packed.len();
        self.packed.extend_from_slice(&[0; 4]);
        at
    }

    fn fill(&mut self, at: usize, number: usize) {
        let number = u32::try_from(number).expect("an argument is shorter than 4 GiB");
        self.packed[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }
}

struct Bytes<'a>(&'a mut Vec<u8>);

impl fmt::Write for Bytes<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// The text of an argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ArgText<'a> {
    /// It has none.
    Absent,
    /// One text.
    One(&'a str),
    /// A flag.
    Flag(bool),
    /// A list of texts.
    Many(Vec<&'a str>),
}

impl ArgText<'_> {
    /// The same, for a text with placeholders.
    pub(crate) fn as_value(&self) -> Value<'_> {
        match self {
            Self::Absent => Value::Absent,
            Self::One(text) => Value::One(text),
            Self::Flag(flag) => Value::Bool(*flag),
            Self::Many(texts) => Value::Many(texts),
        }
    }
}

/// The text of a flag.
pub(crate) const fn flag_text(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

/// Reads packed values back, in the order in which they were written.
#[derive(Clone, Debug)]
pub(crate) struct Values<'a> {
    packed: &'a [u8],
}

impl<'a> Values<'a> {
    pub(crate) const fn new(packed: &'a [u8]) -> Self {
        Self { packed }
    }

    fn number(&mut self) -> usize {
        let (number, rest) = self.packed.split_first_chunk::<4>().expect("packed by ValueWriter");
        self.packed = rest;
        u32::from_le_bytes(*number) as usize
    }

    /// The next value, which is a single text.
    pub(crate) fn single(&mut self) -> &'a str {
        match self.next() {
            Some(ArgText::One(text)) => text,
            Some(ArgText::Flag(flag)) => flag_text(flag),
            // What has no text was told as a mistake, and the workflow never runs.
            Some(ArgText::Absent | ArgText::Many(_)) | None => "",
        }
    }

    fn text(&mut self) -> &'a str {
        let length = self.number();
        let (text, rest) = self.packed.split_at(length);
        self.packed = rest;
        std::str::from_utf8(text).expect("packed by ValueWriter")
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = ArgText<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (tag, rest) = self.packed.split_first()?;
        self.packed = rest;
        Some(match *tag {
            ABSENT => ArgText::Absent,
            ONE => ArgText::One(self.text()),
            MANY => {
                let count = self.number();
                ArgText::Many((0..count).map(|_| self.single()).collect())
            }
            tag => ArgText::Flag(tag == TRUE),
        })
    }
}

/// Packs a list of values that are packed already.
pub(crate) fn pack_list<'a>(packed: &mut Vec<u8>, items: impl ExactSizeIterator<Item = &'a [u8]>) {
    packed.push(MANY);
    let count = u32::try_from(items.len()).expect("a list has fewer than 2^32 items");
    packed.extend_from_slice(&count.to_le_bytes());
    items.for_each(|item| packed.extend_from_slice(item));
}
