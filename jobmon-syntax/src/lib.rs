//! The small languages of jobmon: commands, sizes of memory and lengths of time.
//!
//! This crate is machinery of `jobmon`, published so that its macros and its run time can share it. It is not for users and makes no
//! promise: any version may change anything. What of it users see is in `jobmon` itself.
//!
//! The macros read these languages at compile time and the run time reads them again for what is known only then, so
//! both agree on every detail. The crate depends on nothing but the standard library.
//!
//! - [`command`]: a command as people write it, `fit.py --year {year} [--draws {draws}]`, becomes the words of an
//!   `argv`; no shell is involved, and a value is one word whatever it contains.
//! - [`mod@file`]: whether the output of a program can be put at a path.
//! - [`units`]: `"1.5 GiB"` and `"1h30m"` to bytes and seconds, and back.
//! - [`quote`](mod@quote): an `argv` shown to people so that they can paste it into a shell.
//! - [`suggest`]: "did you mean".
//!
//! ```
//! use jobmon_syntax::command::{self, Value};
//!
//! let command = command::parse("fit.py --year {year} [--draws {draws}]").expect("it follows the grammar");
//! let argv = command.render(|name| match name {
//!     "year" => Some(Value::One("1990")),
//!     "draws" => Some(Value::Absent),
//!     _ => None,
//! });
//! assert_eq!(argv, Ok(vec!["fit.py".to_owned(), "--year".to_owned(), "1990".to_owned()]));
//! ```

pub mod command;
pub mod file;
pub mod quote;
pub mod suggest;
pub mod units;
