//! What can be an argument of a task, and in which places of a command.

use crate::model::{ValueMistake, ValueWriter};
use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// A type whose values can be arguments of a task.
///
/// A value is written as text: on the command line, in the database and in the task's identity alike.
/// Implemented for numbers, `bool`, `char`, strings, paths, and `Option`s and lists of these; derive it for enums
/// with `#[derive(ArgValue)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an argument of a task",
    label = "has no text for the command line",
    note = "arguments are numbers, strings, paths, `bool`, enums with `#[derive(ArgValue)]`, and `Option`s and lists of these"
)]
pub trait ArgValue {
    /// Writes the value; calls exactly one method of `out`, once.
    fn write(&self, out: &mut ValueWriter<'_>);
}

/// An argument that can tell one task from another: equal values have equal texts, today and in ten years.
///
/// Not implemented for floats, whose text depends on how they were computed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't identify a task",
    label = "its text isn't a stable identity",
    note = "node and task arguments are hashed by their text. A float's text depends on how it was computed, and a hash map's on its order: round to an integer, or make it an `#[op_arg]`"
)]
pub trait IdentArg: ArgValue {}

/// An argument that is exactly one text, so that `{x}` can stand anywhere in a command.
#[diagnostic::on_unimplemented(
    message = "`{Self}` isn't one value, so it can't stand in the command as `{{x}}`",
    label = "none, one or many values",
    note = "an `Option` goes in an optional group, `[--flag {{x}}]`; a list is spliced with `{{x}}...`"
)]
pub trait PlainArg: ArgValue {}

/// An argument that can stand as `{x}` in an optional group: one text or none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't stand in an optional group as `{{x}}`",
    label = "not one value or none",
    note = "a list is spliced with `{{x}}...`, in a group too"
)]
pub trait OptionalArg: ArgValue {}

/// An argument that is a list, so that `{x}...` can splice it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` isn't a list, so `{{x}}...` can't splice it",
    label = "one value",
    note = "write `{{x}}` for one value; `Vec`, slices, arrays and sets are lists"
)]
pub trait ListArg: ArgValue {}

/// An argument that can decide about an optional group: `[{x}? --flag]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is always there, so it can't be a guard, `{{x}}?`",
    label = "neither a `bool`, an `Option` nor a list",
    note = "a guard is a `bool`, an `Option` or a list: its group is left out when it is false, absent or empty"
)]
pub trait GuardArg: ArgValue {}

macro_rules! displayed {
    ($($ty:ty),*) => {$(
        impl ArgValue for $ty {
            fn write(&self, out: &mut ValueWriter<'_>) {
                out.one(self);
            }
        }
    )*};
}
displayed!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, char, str, String, f32, f64);

macro_rules! marked {
    ($marker:ident: $($ty:ty),* $(,)?) => {$(impl $marker for $ty {})*};
}
marked!(IdentArg: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, char, str, String, bool);
marked!(IdentArg: Path, PathBuf, OsStr, OsString);
marked!(PlainArg: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, char, str, String, bool);
marked!(PlainArg: Path, PathBuf, OsStr, OsString, f32, f64);
marked!(GuardArg: bool);

impl ArgValue for bool {
    fn write(&self, out: &mut ValueWriter<'_>) {
        out.flag(*self);
    }
}

impl ArgValue for OsStr {
    fn write(&self, out: &mut ValueWriter<'_>) {
        match self.to_str() {
            Some(text) => out.one(text),
            None => out.mistake(ValueMistake::NotUtf8(self.to_string_lossy().into_owned())),
        }
    }
}

macro_rules! through_os_str {
    ($($ty:ty),*) => {$(
        impl ArgValue for $ty {
            fn write(&self, out: &mut ValueWriter<'_>) {
                AsRef::<OsStr>::as_ref(self).write(out);
            }
        }
    )*};
}
through_os_str!(OsString, Path, PathBuf);

macro_rules! pointers {
    ($($trait:ident),*) => {$(
        impl<T: $trait + ?Sized> $trait for &T {}
        impl<T: $trait + ?Sized> $trait for Box<T> {}
        impl<T: $trait + ?Sized> $trait for Rc<T> {}
        impl<T: $trait + ?Sized> $trait for Arc<T> {}
        impl<T: $trait + ToOwned + ?Sized> $trait for Cow<'_, T> {}
    )*};
}
pointers!(IdentArg, PlainArg, ListArg, GuardArg);

macro_rules! pointer_values {
    ($($ty:ty),*) => {$(
        impl<T: ArgValue + ?Sized> ArgValue for $ty {
            fn write(&self, out: &mut ValueWriter<'_>) {
                (**self).write(out);
            }
        }
    )*};
}
pointer_values!(&T, Box<T>, Rc<T>, Arc<T>);

impl<T: ArgValue + ToOwned + ?Sized> ArgValue for Cow<'_, T> {
    fn write(&self, out: &mut ValueWriter<'_>) {
        (**self).write(out);
    }
}

impl<T: PlainArg + ?Sized> OptionalArg for T {}
impl<T: PlainArg> OptionalArg for Option<T> {}
impl<T: IdentArg> IdentArg for Option<T> {}
impl<T: ArgValue> GuardArg for Option<T> {}

impl<T: ArgValue> ArgValue for Option<T> {
    fn write(&self, out: &mut ValueWriter<'_>) {
        match self {
            Some(value) => value.write(out),
            None => out.absent(),
        }
    }
}

macro_rules! lists {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        impl<T: PlainArg, $($generics)*> ArgValue for $ty {
            fn write(&self, out: &mut ValueWriter<'_>) {
                out.many(self.iter());
            }
        }
        impl<T: PlainArg, $($generics)*> ListArg for $ty {}
        impl<T: PlainArg, $($generics)*> GuardArg for $ty {}
        impl<T: PlainArg + IdentArg, $($generics)*> IdentArg for $ty {}
    )*};
}
lists! {
    [] Vec<T>;
    [] [T];
    [const N: usize] [T; N];
    [] BTreeSet<T>;
    [] VecDeque<T>;
}
