//! Arguments of several texts: lists, tuples and maps.

use super::{ArgValue, Given, GuardArg, IdentArg, ListArg, PlainArg};
use crate::model::{Fits, ValueMistake, ValueWriter, Values};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

macro_rules! lists {
    ($([$($generics:tt)*] $ty:ty $(: $list:ident $guard:ident)?;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: PlainArg, $($generics)*> ArgValue for $ty {
            fn write_value(&self, out: &mut ValueWriter<'_>) {
                out.many(self.iter());
            }
        }
        #[diagnostic::do_not_recommend]
        impl<T: PlainArg, $($generics)*> ListArg for $ty {
            $(fn $list(&self) -> Given<'_, Self> {
                Given::of(self)
            })?
        }
        #[diagnostic::do_not_recommend]
        impl<T: PlainArg, $($generics)*> GuardArg for $ty {
            $(fn $guard(&self) -> Given<'_, Self> {
                Given::of(self)
            })?
        }
        #[diagnostic::do_not_recommend]
        impl<T: PlainArg + IdentArg, $($generics)*> IdentArg for $ty {}
    )*};
}
lists! {
    [] Vec<T>: list guard;
    [] [T];
    [const N: usize] [T; N]: list guard;
    [] BTreeSet<T>: list guard;
    [] VecDeque<T>: list guard;
}

/// One item of a tuple, whatever its type.
struct Item<'a>(&'a dyn ArgValue);

impl ArgValue for Item<'_> {
    fn write_value(&self, out: &mut ValueWriter<'_>) {
        self.0.write_value(out);
    }
}
impl PlainArg for Item<'_> {}

/// A tuple is a list of so many texts. It is never empty, so that it decides about no group.
macro_rules! tuples {
    ($($($name:ident $at:tt),+;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name: PlainArg),+> ArgValue for ($($name,)+) {
            fn write_value(&self, out: &mut ValueWriter<'_>) {
                out.many([$(Item(&self.$at)),+]);
            }
        }
        #[diagnostic::do_not_recommend]
        impl<$($name: PlainArg),+> ListArg for ($($name,)+) {
            fn list(&self) -> Given<'_, Self> {
                Given::of(self)
            }
        }
        #[diagnostic::do_not_recommend]
        impl<$($name: PlainArg + IdentArg),+> IdentArg for ($($name,)+) {}
    )*};
}
tuples! {
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
}

/// An entry of a map: `key=value`.
struct Entry<'a, K, V>(&'a K, &'a V);

impl<K: PlainArg, V: PlainArg> ArgValue for Entry<'_, K, V> {
    fn write_value(&self, out: &mut ValueWriter<'_>) {
        let mut packed = Vec::new();
        let mut mistakes = Vec::new();
        ValueWriter::new(&mut packed, &mut mistakes).value(self.0, Fits::PLAIN);
        ValueWriter::new(&mut packed, &mut mistakes).value(self.1, Fits::PLAIN);
        let mut texts = Values::new(&packed);
        let (key, value) = (texts.single(), texts.single());
        if key.contains('=') {
            // Else `a=b` to `c` and `a` to `b=c` would be one text, and one identity.
            mistakes.push(ValueMistake::EqualsInKey(key.to_owned()));
        }
        match mistakes.into_iter().next() {
            Some(mistake) => out.mistake(mistake),
            None => out.one(format_args!("{key}={value}")),
        }
    }
}
impl<K: PlainArg, V: PlainArg> PlainArg for Entry<'_, K, V> {}

#[diagnostic::do_not_recommend]
impl<K: PlainArg, V: PlainArg> ArgValue for BTreeMap<K, V> {
    fn write_value(&self, out: &mut ValueWriter<'_>) {
        out.many(self.iter().map(|(key, value)| Entry(key, value)));
    }
}
#[diagnostic::do_not_recommend]
impl<K: PlainArg, V: PlainArg> ListArg for BTreeMap<K, V> {
    fn list(&self) -> Given<'_, Self> {
        Given::of(self)
    }
}
#[diagnostic::do_not_recommend]
impl<K: PlainArg, V: PlainArg> GuardArg for BTreeMap<K, V> {
    fn guard(&self) -> Given<'_, Self> {
        Given::of(self)
    }
}
#[diagnostic::do_not_recommend]
impl<K: PlainArg + IdentArg, V: PlainArg + IdentArg> IdentArg for BTreeMap<K, V> {}
