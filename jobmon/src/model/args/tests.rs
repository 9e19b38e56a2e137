//! Each kind of argument, as the text that it is on the command line and in an identity.

use super::{ArgValue, Fixed, GuardArg, IdentArg, ListArg, OptionalArg, PlainArg};
use crate::model::{Fits, ValueMistake, ValueWriter, Values};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::net::Ipv4Addr;
use std::num::NonZeroU8;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

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

#[test]
fn tuples_and_maps_are_lists() {
    assert_eq!(shown(&(1, "a")), "Many([\"1\", \"a\"])");
    assert_eq!(shown(&(true, 0.5, 'x', Path::new("p"))), "Many([\"true\", \"0.5\", \"x\", \"p\"])");
    let sizes = BTreeMap::from([("b", Fixed::<1>::round(2)), ("a", Fixed::round(0.25))]);
    assert_eq!(shown(&sizes), "Many([\"a=0.2\", \"b=2.0\"])");
    assert_eq!(shown(&BTreeMap::from([(true, ""), (false, "x=y")])), "Many([\"false=x=y\", \"true=\"])");
    assert_eq!(shown(&BTreeMap::<u8, u8>::new()), "Many([])");
    let unclear = BTreeMap::from([("a=b", "c")]);
    assert_eq!(packed(&unclear).1, [ValueMistake::EqualsInKey("a=b".to_owned())]);
    let path = PathBuf::from(OsStr::from_bytes(b"a\xFF"));
    assert_eq!(packed(&BTreeMap::from([(1, path)])).1, [ValueMistake::NotUtf8("a\u{FFFD}".to_owned())]);
}

#[test]
fn durations_are_seconds() {
    let texts = [(90_000, "90"), (0, "0"), (250, "0.25"), (1_001, "1.001"), (7_200_000, "7200")];
    for (milliseconds, text) in texts {
        assert_eq!(shown(&Duration::from_millis(milliseconds)), format!("One({text:?})"));
    }
    assert_eq!(shown(&Duration::new(1, 1)), "One(\"1.000000001\")");
    assert_eq!(shown(&Duration::MAX), "One(\"18446744073709551615.999999999\")");
}

#[cfg(feature = "jiff")]
#[test]
fn dates_and_times_of_jiff_are_iso_8601() {
    use jiff::{SignedDuration, Timestamp, civil::date};
    let day = date(2024, 3, 10);
    assert_eq!(shown(&day), "One(\"2024-03-10\")");
    assert_eq!(shown(&day.at(9, 30, 0, 0)), "One(\"2024-03-10T09:30:00\")");
    assert_eq!(shown(&day.at(9, 30, 0, 0).time()), "One(\"09:30:00\")");
    assert_eq!(shown(&Timestamp::UNIX_EPOCH), "One(\"1970-01-01T00:00:00Z\")");
    assert_eq!(shown(&SignedDuration::from_millis(-1_500)), "One(\"-1.5\")");
    assert_eq!(shown(&SignedDuration::from_millis(-500)), "One(\"-0.5\")");
}

#[cfg(feature = "chrono")]
#[test]
fn dates_and_times_of_chrono_are_iso_8601() {
    use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
    let day = NaiveDate::from_ymd_opt(2024, 3, 10).unwrap();
    assert_eq!(shown(&day), "One(\"2024-03-10\")");
    assert_eq!(shown(&day.and_hms_opt(9, 30, 0).unwrap()), "One(\"2024-03-10T09:30:00\")");
    assert_eq!(shown(&day.and_hms_opt(9, 30, 0).unwrap().time()), "One(\"09:30:00\")");
    assert_eq!(shown(&DateTime::<Utc>::UNIX_EPOCH), "One(\"1970-01-01T00:00:00Z\")");
    assert_eq!(shown(&TimeDelta::milliseconds(-1_500)), "One(\"-1.5\")");
    assert_eq!(shown(&TimeDelta::milliseconds(-500)), "One(\"-0.5\")");
}

#[test]
fn a_fixed_number_has_its_decimals() {
    assert_eq!(shown(&Fixed::<3>::round(0.1 + 0.2)), "One(\"0.300\")");
    assert_eq!(shown(&Fixed::<2>::round(-0.001)), "One(\"0.00\")");
    assert_eq!(shown(&Fixed::<0>::round(2.5)), "One(\"2\")");
    assert_eq!(shown(&Fixed::<2>::round(0.285)), "One(\"0.28\")"); // it is 0.284999999999999975..
    assert_eq!(shown(&Fixed::<1>::round(7_u32)), "One(\"7.0\")");
    assert_eq!(packed(&Fixed::<3>::round(f64::NAN)).1, [ValueMistake::NotFinite("NaN".to_owned())]);
    assert_eq!(packed(&Fixed::<3>::round(f32::NEG_INFINITY)).1, [ValueMistake::NotFinite("-inf".to_owned())]);
    assert_eq!(Fixed::<3>::round(-f64::NAN), Fixed::round(f64::NAN));
}

proptest::proptest! {
    #[test]
    fn fixed_numbers_are_as_equal_as_their_texts(a in proptest::num::f64::NORMAL, steps in 0_u64..4) {
        let near = f64::from_bits(a.to_bits() ^ steps);
        let (a, b) = (Fixed::<4>::round(a), Fixed::<4>::round(near));
        proptest::prop_assert_eq!(a == b, a.to_string() == b.to_string());
        proptest::prop_assert_eq!(Fixed::<4>::round(a.value()), a);
    }

    #[test]
    fn fixed_numbers_keep_their_order(a in -1e6..1e6_f64, b in -1e6..1e6_f64) {
        let fixed = |number: f64| Fixed::<2>::round(number);
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        proptest::prop_assert!(fixed(low) <= fixed(high));
        proptest::prop_assert!((fixed(low).value() - low).abs() <= 0.005 + 1e-9);
    }
}

#[test]
fn what_does_not_fit_its_place_is_told_and_is_one_value_even_so() {
    let list = Fits { absent: false, one: false, many: true };
    let optional = Fits { absent: true, one: true, many: false };
    let told = |value: &dyn ArgValue, fits| {
        let (mut packed, mut mistakes) = (Vec::new(), Vec::new());
        ValueWriter::new(&mut packed, &mut mistakes).value(value, fits);
        assert_eq!(Values::new(&packed).count(), 1);
        mistakes
    };
    assert_eq!(told(&"a", list), [ValueMistake::NotMany]);
    assert_eq!(told(&None::<u8>, list), [ValueMistake::NotMany]);
    assert_eq!(told(&None::<u8>, Fits::PLAIN), [ValueMistake::NotOne]);
    assert_eq!(told(&vec![1], Fits::PLAIN), [ValueMistake::NotOne]);
    assert_eq!(told(&vec![1], optional), [ValueMistake::NotOptional]);
    assert_eq!(told(&Fixed::<1>::round(f64::NAN), Fits::PLAIN), [ValueMistake::NotFinite("NaN".to_owned())]);
    for (value, fits) in
        [(&"a" as &dyn ArgValue, optional), (&true, Fits::PLAIN), (&vec![1], list), (&vec![1], Fits::ALL)]
    {
        assert_eq!(told(value, fits), []);
    }
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
    list::<BTreeMap<u8, f64>>();
    ident::<BTreeMap<String, Fixed<2>>>();
    ident::<(u8, String, Fixed<1>)>();
    ident::<Option<Duration>>();
}
