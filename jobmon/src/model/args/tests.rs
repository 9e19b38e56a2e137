//! Each kind of argument, as the text that it is on the command line and in an identity.

use super::{ArgValue, GuardArg, IdentArg, ListArg, OptionalArg, PlainArg};
use crate::model::{ValueMistake, ValueWriter, Values};
use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::net::Ipv4Addr;
use std::num::NonZeroU8;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

fn packed(value: &dyn ArgValue) -> (Vec<u8>, Vec<ValueMistake>) {
    let (mut packed, mut mistakes) = (Vec::new(), Vec::new());
    value.write_value(&mut ValueWriter::new(&mut packed, &mut mistakes));
    (packed, mistakes)
}

/// The value as it is read back.
fn shown(value: &dyn ArgValue) -> String {
    let (packed, mistakes) = packed(value);
    assert_eq!(mistakes, []);
    let mut values = Values::new(&packed);
    let value = values.next().expect("a value was written");
    assert_eq!(values.count(), 0, "one value was written");
    format!("{value:?}")
}

#[test]
fn single_values_are_their_text() {
    let values: [&dyn ArgValue; 16] = [
        &-7_i8,
        &u128::MAX,
        &NonZeroU8::MAX,
        &0.5_f64,
        &'ä',
        &"a b",
        &String::new(),
        &Path::new("a/b"),
        &PathBuf::from("c"),
        &OsStr::new("d"),
        &OsString::from("e"),
        &Ipv4Addr::LOCALHOST,
        &Box::new(1),
        &Rc::new("rc"),
        &Arc::new("arc".to_owned()),
        &Cow::Borrowed("cow"),
    ];
    let texts = "-7|340282366920938463463374607431768211455|255|0.5|ä|a b||a/b|c|d|e|127.0.0.1|1|rc|arc|cow";
    for (value, text) in values.into_iter().zip(texts.split('|')) {
        assert_eq!(shown(value), format!("One({text:?})"));
    }
}

#[test]
fn flags_options_and_lists_keep_what_they_are() {
    assert_eq!(shown(&true), "Flag(true)");
    assert_eq!(shown(&Some(false)), "Flag(false)");
    assert_eq!(shown(&None::<u8>), "Absent");
    assert_eq!(shown(&Some("")), "One(\"\")");
    assert_eq!(shown(&vec![1, 2]), "Many([\"1\", \"2\"])");
    assert_eq!(shown(&[""; 0]), "Many([])");
    assert_eq!(shown(&[true, false]), "Many([\"true\", \"false\"])");
    assert_eq!(shown(&BTreeSet::from(["b", "a"])), "Many([\"a\", \"b\"])");
    assert_eq!(shown(&VecDeque::from([Path::new("p")])), "Many([\"p\"])");
    assert_eq!(shown(&Some(vec!['x'])), "Many([\"x\"])");
}

#[test]
fn what_no_process_could_be_given_is_a_mistake() {
    let not_utf8 = OsStr::from_bytes(b"a\xFF");
    assert_eq!(packed(&not_utf8).1, [ValueMistake::NotUtf8("a\u{FFFD}".to_owned())]);
    assert_eq!(packed(&Some(PathBuf::from(not_utf8))).1, [ValueMistake::NotUtf8("a\u{FFFD}".to_owned())]);
    assert_eq!(packed(&vec!["a", "b\0"]).1, [ValueMistake::Nul("b\0".to_owned())]);
}

/// Compiles as long as the types may stand where they are documented to.
#[test]
fn places_take_the_types_that_fit() {
    fn plain<T: PlainArg + OptionalArg>() {}
    fn optional<T: OptionalArg + GuardArg>() {}
    fn list<T: ListArg + GuardArg>() {}
    fn ident<T: IdentArg + ?Sized>() {}

    plain::<&Path>();
    plain::<Arc<str>>();
    plain::<bool>();
    plain::<f32>();
    optional::<Option<Cow<'_, str>>>();
    optional::<Option<f64>>();
    list::<&[u8]>();
    list::<Arc<[String]>>();
    list::<[f64; 3]>();
    ident::<Option<Vec<PathBuf>>>();
    ident::<[Box<str>]>();
    ident::<&bool>();
}
