//! What can be an argument of a task, and in which places of a command.

use crate::model::{ValueMistake, ValueWriter};
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize};
use std::num::{NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

// The attributes `do_not_recommend` keep the compiler from listing some of the implementations under a mistake, where
// the notes say what is allowed in words.

/// A type whose values can be arguments of a task.
///
/// A value is written as text: on the command line, in the database and in the task's identity alike.
/// Implemented for numbers, `bool`, `char`, strings, paths, addresses, durations, and `Option`s, lists, tuples and maps
/// of these; derive it for enums with [`#[derive(ArgValue)]`](derive@crate::ArgValue).
///
/// | type | its text |
/// |---|---|
/// | numbers, `char`, strings, paths, addresses | as `Display` writes them |
/// | [`Fixed<3>`](Fixed) | a number rounded to three decimals: `0.300` |
/// | [`Duration`](std::time::Duration) | seconds, with decimals where there are any: `90`, `0.25` |
/// | `Vec`, `VecDeque`, `BTreeSet`, arrays, slices, tuples | a text for each item, for `{x}...` |
/// | `BTreeMap` | a text `key=value` for each entry, in the order of keys, for `{x}...` |
/// | with the feature `jiff`: `civil::{Date, Time, DateTime}`, `Timestamp`; with `chrono`: `NaiveDate`, `NaiveTime`, `NaiveDateTime`, `DateTime<Utc>` | ISO 8601: `2024-03-10`, `09:30:00`, `2024-03-10T09:30:00`, `2024-03-10T09:30:00Z` |
/// | with the feature `jiff`: `SignedDuration`; with `chrono`: `TimeDelta` | seconds, as a `Duration`: `-1.5` |
///
/// A type of your own is an argument by three implementations: its text, that the text may tell tasks apart, and that
/// it is one text.
/// ```
/// use jobmon::model::{ArgValue, IdentArg, PlainArg, ValueWriter};
/// use jobmon::prelude::{TaskRef, Tool, task_template};
///
/// struct Box2 { lat: i16, lon: i16 }
///
/// impl ArgValue for Box2 {
///     fn write_value(&self, out: &mut ValueWriter<'_>) {
///         out.one(format_args!("{}:{}", self.lat, self.lon));
///     }
/// }
/// impl IdentArg for Box2 {}
/// impl PlainArg for Box2 {}
///
/// #[task_template(command = "echo {area}")]
/// struct Cut { #[node_arg] area: Box2 }
///
/// let mut wf = Tool::new("demo").workflow("own types");
/// wf.add(Cut { area: Box2 { lat: 10, lon: -4 } });
/// assert!(wf.check().is_ok());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an argument of a task",
    label = "has no text for the command line",
    note = "an argument is a number, a `bool`, a `char`, a string, a path, an address, a `Duration`, a date (with the feature `jiff` or `chrono`), an enum with `#[derive(ArgValue)]`, or an `Option`, a list, a tuple or a `BTreeMap` of these; a type of your own is one by implementing `ArgValue`, `IdentArg` and `PlainArg`"
)]
pub trait ArgValue {
    /// Writes the value; calls exactly one method of `out`, once.
    fn write_value(&self, out: &mut ValueWriter<'_>);
}

/// An argument that can tell one task from another: equal values have equal texts, today and in ten years.
///
/// Not implemented for floats, whose text depends on how they were computed: `0.1 + 0.2` is `0.30000000000000004`. Where a
/// float tells tasks apart, say how many decimals count: [`Fixed`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't identify a task",
    label = "its text isn't a stable identity",
    note = "node and task arguments are hashed by their text. A float's text depends on how it was computed: take a `Fixed<3>`, made by `Fixed::round(0.5)`, or make it an `#[op_arg]`",
    note = "a type of your own can identify a task by `impl IdentArg`, where equal values have equal texts"
)]
///
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit {year} {rate}")]
/// struct Fit {
///     #[node_arg]
///     year: u16, // identifies
///     #[op_arg]
///     rate: f64, // says only how the task runs, so that it need not
/// }
/// # fn main() {}
/// ```
pub trait IdentArg: ArgValue {
    #[doc(hidden)]
    fn ident(given: Given<'_, Self>) -> &dyn ArgValue {
        given.value()
    }
}

/// An argument that is exactly one text, so that `{x}` can stand anywhere in a command.
///
/// `Itself` is always the type itself: it is there for messages, and never written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` isn't one value, so it can't stand in the command as `{{x}}`",
    label = "not exactly one value",
    note = "an `Option` stands in an optional group, `[--flag {{x}}]`, which a list of words has not; a list is spliced with `{{x}}...`; a hash map has no order: take a `BTreeMap`, which is a list",
    note = "an enum is one value by `#[derive(ArgValue)]`, another type by `ArgValue`, `IdentArg` and `PlainArg`: see the documentation of `ArgValue`"
)]
///
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit --year={year} {year}/out")]
/// struct Fit {
///     #[node_arg]
///     year: u16,
/// }
/// # fn main() {}
/// ```
pub trait PlainArg<Itself: ?Sized = Self>: ArgValue {
    #[doc(hidden)]
    fn plain(&self) -> Given<'_, Itself>
    where
        Self: Sized,
    {
        Given::of(self)
    }
}

macro_rules! displayed {
    ($($ty:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl ArgValue for $ty {
            fn write_value(&self, out: &mut ValueWriter<'_>) {
                out.one(self);
            }
        }
        #[diagnostic::do_not_recommend]
        impl PlainArg for $ty {}
    )*};
}
displayed!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, char, str, String);
displayed!(NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize);
displayed!(NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize);
displayed!(IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6);

macro_rules! identifying {
    ($($ty:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl IdentArg for $ty {}
    )*};
}
identifying!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, char, str, String, bool);
identifying!(NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize);
identifying!(NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize);
identifying!(IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6);
identifying!(Path, PathBuf, OsStr, OsString);

#[diagnostic::do_not_recommend]
impl ArgValue for bool {
    fn write_value(&self, out: &mut ValueWriter<'_>) {
        out.flag(*self);
    }
}
#[diagnostic::do_not_recommend]
impl PlainArg for bool {}
#[diagnostic::do_not_recommend]
impl GuardArg for bool {
    fn guard(&self) -> Given<'_, Self> {
        Given::of(self)
    }
}

macro_rules! through_os_str {
    ($($ty:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl ArgValue for $ty {
            fn write_value(&self, out: &mut ValueWriter<'_>) {
                let text: &OsStr = self.as_ref();
                match text.to_str() {
                    Some(text) => out.one(text),
                    None => out.mistake(ValueMistake::NotUtf8(text.to_string_lossy().into_owned())),
                }
            }
        }
        #[diagnostic::do_not_recommend]
        impl PlainArg for $ty {}
    )*};
}
through_os_str!(OsStr, OsString, Path, PathBuf);

macro_rules! pointers {
    ($($ty:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: ArgValue + ?Sized> ArgValue for $ty {
            fn write_value(&self, out: &mut ValueWriter<'_>) {
                (**self).write_value(out);
            }
        }
    )*};
}
pointers!(&T, Box<T>, Rc<T>, Arc<T>);

#[diagnostic::do_not_recommend]
impl<T: ArgValue + ToOwned + ?Sized> ArgValue for Cow<'_, T> {
    fn write_value(&self, out: &mut ValueWriter<'_>) {
        (**self).write_value(out);
    }
}

macro_rules! marked_pointers {
    ($($trait:ident $($method:ident)?),*) => {$(
        marked_pointers!(@ [T: $trait + ArgValue + ?Sized] $trait $($method)?, &T);
        marked_pointers!(@ [T: $trait + ArgValue + ?Sized] $trait $($method)?, Box<T>);
        marked_pointers!(@ [T: $trait + ArgValue + ?Sized] $trait $($method)?, Rc<T>);
        marked_pointers!(@ [T: $trait + ArgValue + ?Sized] $trait $($method)?, Arc<T>);
        marked_pointers!(@ [T: $trait + ArgValue + ToOwned + ?Sized] $trait $($method)?, Cow<'_, T>);
    )*};
    (@ [$($generics:tt)*] $trait:ident $($method:ident)?, $ty:ty) => {
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> $trait for $ty {
            $(fn $method(&self) -> Given<'_, Self> {
                Given::of(self)
            })?
        }
    };
}
marked_pointers!(IdentArg, PlainArg, ListArg list, GuardArg guard);

#[diagnostic::do_not_recommend]
impl<T: IdentArg> IdentArg for Option<T> {}
#[diagnostic::do_not_recommend]
impl<T: ArgValue> GuardArg for Option<T> {
    fn guard(&self) -> Given<'_, Self> {
        Given::of(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: ArgValue> ArgValue for Option<T> {
    fn write_value(&self, out: &mut ValueWriter<'_>) {
        match self {
            Some(value) => value.write_value(out),
            None => out.absent(),
        }
    }
}

mod compound;
mod fixed;
mod moments;
mod place;
#[cfg(test)]
mod tests;

pub use fixed::Fixed;
pub use place::{Given, GuardArg, ListArg, OptionalArg, ScriptArg, TextArg};
