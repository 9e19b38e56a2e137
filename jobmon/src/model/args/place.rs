//! The places of a command, and what may stand in each.
//!
//! A type that may not stand in its place is one mistake, though it can't identify a task either. So the traits of places
//! have a parameter, which is the type itself: what the compiler finds for `_` in `<T as PlainArg<_>>` must be an
//! [`IdentArg`](super::IdentArg), and where it finds nothing, only that is told. It would take the one implementation that
//! fits for the right one, whatever this asks of `T`; so each trait has two more, for types that there are none of, which fit
//! as well.

use super::{ArgValue, PlainArg};
use std::marker::PhantomData;

/// A value that may stand in its place: what a [`ListArg`] or a [`GuardArg`] of your own gives.
///
/// ```
/// use jobmon::model::{ArgValue, Given, ListArg, ValueWriter};
///
/// struct Pair(u32, u32);
///
/// impl ArgValue for Pair {
///     fn write_value(&self, out: &mut ValueWriter<'_>) {
///         out.many([self.0, self.1]);
///     }
/// }
/// impl ListArg for Pair {
///     fn list(&self) -> Given<'_, Self> {
///         Given::of(self)
///     }
/// }
///
/// #[jobmon::task_template(command = "fit {range}...")]
/// struct Fit { #[op_arg] range: Pair }
///
/// let mut wf = jobmon::Tool::new("demo").workflow("own lists");
/// wf.add(Fit { range: Pair(1990, 2000) });
/// assert!(wf.check().is_ok());
/// ```
#[derive(Clone, Copy)]
pub struct Given<'a, T: ?Sized> {
    value: &'a dyn ArgValue,
    of: PhantomData<fn(&T)>,
}

impl<'a, T: ?Sized> Given<'a, T> {
    /// The value, of the type `T`.
    pub fn of(value: &'a dyn ArgValue) -> Self {
        Self { value, of: PhantomData }
    }

    #[doc(hidden)]
    pub fn value(self) -> &'a dyn ArgValue {
        self.value
    }
}

impl<T: ?Sized> std::fmt::Debug for Given<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given")
    }
}

/// What no type is.
trait Nothing: ArgValue {}

/// What stands for the type itself where it is none that can stand in a place.
#[derive(Debug)]
struct Other<const N: u8>;

macro_rules! none_else {
    ($($trait:ident $method:ident),*) => {$(
        none_else!(@ $trait<Other<0>> $method);
        none_else!(@ $trait<Other<1>> $method);
    )*};
    (@ $trait:ident<$other:ty> $method:ident) => {
        #[diagnostic::do_not_recommend]
        impl<T: Nothing + ?Sized> $trait<$other> for T {
            fn $method(&self) -> Given<'_, $other>
            where
                Self: Sized,
            {
                Given::of(self)
            }
        }
    };
}
none_else!(PlainArg plain, OptionalArg optional, ListArg list, GuardArg guard, TextArg text, ScriptArg script);

/// An argument that can stand as `{x}` in an optional group: one text or none.
///
/// `Itself` is always the type itself: it is there for messages, and never written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't stand in an optional group as `{{x}}`",
    label = "not one value or none",
    note = "a list is spliced with `{{x}}...`, in a group too; an enum is one value by `#[derive(ArgValue)]`, another type by `ArgValue`, `IdentArg` and `PlainArg`"
)]
///
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit {year} [--draws {draws}]")]
/// struct Fit {
///     #[node_arg]
///     year: u16,
///     #[task_arg]
///     draws: Option<u32>,
/// }
/// # fn main() {}
/// ```
pub trait OptionalArg<Itself: ?Sized = Self> {
    #[doc(hidden)]
    fn optional(&self) -> Given<'_, Itself>
    where
        Self: Sized;
}

#[diagnostic::do_not_recommend]
impl<T: PlainArg + ?Sized> OptionalArg for T {
    fn optional(&self) -> Given<'_, Self>
    where
        Self: Sized,
    {
        Given::of(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: PlainArg> OptionalArg for Option<T> {
    fn optional(&self) -> Given<'_, Self> {
        Given::of(self)
    }
}

/// An argument that is a list, so that `{x}...` can splice it.
///
/// `Itself` is always the type itself: it is there for messages, and never written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` isn't a list, so `{{x}}...` can't splice it",
    label = "not a list of single values",
    note = "`Vec`, `VecDeque`, `BTreeSet`, `BTreeMap`, arrays, slices and tuples of single values are lists; a list holds no `Option`s, and no lists; one value is written `{{x}}`",
    note = "a hash set or map has no order: take a `BTreeSet` or `BTreeMap`; an enum in a list is one value by `#[derive(ArgValue)]`, another type by `ArgValue`, `IdentArg` and `PlainArg`"
)]
///
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit -I{dirs}... {files}...")]
/// struct Fit {
///     #[op_arg]
///     dirs: [&'static str; 2],
///     #[task_arg]
///     files: Vec<String>,
/// }
/// # fn main() {}
/// ```
pub trait ListArg<Itself: ?Sized = Self> {
    /// The value in this place: `Given::of(self)`.
    fn list(&self) -> Given<'_, Itself>
    where
        Self: Sized;
}

/// An argument that can decide about an optional group: `[{x}? --flag]`.
///
/// `Itself` is always the type itself: it is there for messages, and never written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't decide about a group as `{{x}}?`",
    label = "neither a `bool` nor an `Option` or a list of values",
    note = "a group `[{{x}}? ..]` is left out where `x` is false, absent or empty; what is always there decides nothing",
    note = "an enum in an `Option` or a list is a value by `#[derive(ArgValue)]`, another type by `ArgValue`, `IdentArg` and `PlainArg`"
)]
///
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit [{verbose}? --verbose] [{files}? --files {files}...]")]
/// struct Fit {
///     #[op_arg]
///     verbose: bool,
///     #[task_arg]
///     files: Vec<String>,
/// }
/// # fn main() {}
/// ```
pub trait GuardArg<Itself: ?Sized = Self> {
    /// The value in this place: `Given::of(self)`.
    fn guard(&self) -> Given<'_, Itself>
    where
        Self: Sized;
}

/// What may stand in a place as `{x}` if it is one value, with what is said of it there.
macro_rules! one_value_in {
    ($(#[$($told:tt)*])* $trait:ident $method:ident) => {
        $(#[$($told)*])*
        pub trait $trait<Itself: ?Sized = Self> {
            #[doc(hidden)]
            fn $method(&self) -> Given<'_, Itself>
            where
                Self: Sized;
        }

        #[diagnostic::do_not_recommend]
        impl<T: PlainArg + ?Sized> $trait for T {
            fn $method(&self) -> Given<'_, Self>
            where
                Self: Sized,
            {
                Given::of(self)
            }
        }
    };
}

one_value_in! {
    /// An argument that can stand in the path of a file or in the value of a variable: exactly one text.
    ///
    /// ```
    /// use jobmon::prelude::*;
    ///
    /// #[task_template(command = "fit", stdout = "{year}.txt", env(YEAR = "{year}"))]
    /// struct Fit {
    ///     #[node_arg]
    ///     year: u16,
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// `Itself` is always the type itself: it is there for messages, and never written.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` isn't one value, so it can't stand in a file's path or a variable as `{{x}}`",
        label = "not exactly one value",
        note = "the path of `stdout`, `stderr` or `output` and the value of a variable in `env` are one text each, always there, without groups and lists: give it an argument that is one value",
        note = "an enum is one value by `#[derive(ArgValue)]`, another type by `ArgValue`, `IdentArg` and `PlainArg`"
    )]
    TextArg text
}

one_value_in! {
    /// An argument that can stand in a script as `{x}`: exactly one text.
    ///
    /// ```
    /// use jobmon::prelude::*;
    ///
    /// #[task_template(command = "fit {year} | sort > {year}.txt", shell = true)]
    /// struct Fit {
    ///     #[node_arg]
    ///     year: u16,
    /// }
    /// # fn main() {}
    /// ```
    ///
    /// `Itself` is always the type itself: it is there for messages, and never written.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` isn't one value, so it can't stand in the script as `{{x}}`",
        label = "not exactly one value",
        note = "a script has no optional groups: give what is optional as a list, which may be empty; a list is spliced with `{{x}}...`, as a word of its own",
        note = "an enum is one value by `#[derive(ArgValue)]`, another type by `ArgValue`, `IdentArg` and `PlainArg`"
    )]
    ScriptArg script
}
