//! What a grid can be.
#![deny(warnings, clippy::pedantic)]

use jobmon::prelude::*;

#[derive(Debug, Clone, PartialEq)]
#[task_template(command = "fit {place} {year} {out} [{loud}? --loud]")]
struct Fit {
    #[node_arg]
    place: String,
    #[node_arg]
    year: u16,
    #[task_arg]
    out: String,
    #[op_arg]
    loud: bool,
}

fn shown(fits: &[Fit]) -> String {
    fits.iter().map(|fit| format!("{}{}", fit.place, fit.year)).collect::<Vec<_>>().join(" ")
}

fn fallible() -> Result<Vec<Fit>, std::num::ParseIntError> {
    Ok(
        grid!(Fit { year in ["1990"].map(str::parse::<u16>), if year.is_ok(), place: "a".into(), out: String::new(), loud: false, year: year? }),
    )
}

fn main() {
    let base = Fit { place: "z".into(), year: 1, out: "o".into(), loud: true };

    // The first name is the outermost; values that are not `Copy` are cloned where they are needed again.
    let places = vec!["a".to_owned(), "b".to_owned()];
    let fits = grid!(Fit { place in places.clone(), year in 1990..1992, out: format!("{place}/{year}"), loud: false });
    assert_eq!(shown(&fits), "a1990 a1991 b1990 b1991");
    assert_eq!(fits[3].out, "b/1991");

    // Later values may depend on earlier names, conditions leave cells out, `..` gives the rest.
    let fits =
        grid!(Fit { year in 1..4, if year != 2, place in vec!["x".to_owned(); usize::from(year)], ..base.clone() });
    assert_eq!(shown(&fits), "x1 x3 x3 x3");
    assert!(fits.iter().all(|fit| fit.loud));

    // The names of a pattern are fields too; those after `for` are variables only.
    let cells = [("a".to_owned(), 1), ("b".to_owned(), 2)];
    let fits =
        grid!(Fit { (place, year) in cells.clone(), for mark in ['q', 'r'], out: mark.to_string(), ..base.clone() });
    assert_eq!(shown(&fits), "a1 a1 b2 b2");
    assert_eq!(fits[3].out, "r");

    // The innermost value need not be `Clone`, and is moved in after all else looked at it.
    let fits = grid!(Fit { place in places, out: place.clone(), year: 7, ..base.clone() });
    assert_eq!(shown(&fits), "a7 b7");

    // A variable that is given a value of its own is not taken as it is.
    let fits = grid!(Fit { year in 1..3, year: year * 10, ..base.clone() });
    assert_eq!(shown(&fits), "z10 z20");

    // References: a pattern takes their values.
    let years = vec![1, 2];
    let cells = [("a".to_owned(), 3)];
    let fits = grid!(Fit { &year in &years, place in cells.iter().map(|(place, _)| place.clone()), ..base.clone() });
    assert_eq!(shown(&fits), "a1 a2");
    let fits = grid!(Fit { year in years.iter().copied(), place: "b".into(), if year > 1, ..base.clone() });
    assert_eq!(shown(&fits), "b2");
    let fits = grid!(Fit { for (place, &mark) in cells.iter().map(|(place, mark)| (place, mark)), year: mark, place: place.clone(), ..base.clone() });
    assert_eq!(shown(&fits), "a3");

    // One cell, and none.
    assert_eq!(shown(&grid!(Fit { ..base.clone() })), "z1");
    let none: Vec<Fit> = grid!(Fit { year in [], ..base.clone() });
    assert!(none.is_empty());
    assert_eq!(fallible().map(|fits| shown(&fits)), Ok("a1990".to_owned()));
}
