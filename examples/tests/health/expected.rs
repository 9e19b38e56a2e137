//! The figures again, from the same survey by other ways: fields cut from the right, sums of whole numbers, no means and no
//! floats before the last division.

use std::collections::{BTreeMap, BTreeSet};

/// What a country's rows say. Lives are in thousandths of a year, so that nothing is rounded.
#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) year: i128,
    pub(crate) pop: i128,
    pub(crate) life: i128,
}

/// The survey by country: its cluster and its rows.
pub(crate) type Survey = BTreeMap<String, (u32, Vec<Observed>)>;

pub(crate) fn survey(text: &str) -> Survey {
    let mut survey = Survey::new();
    for line in text.lines().skip(1) {
        // Of all fields the first alone can hold a comma.
        let fields: Vec<&str> = line.rsplitn(6, ',').collect();
        let [_, life, pop, year, cluster, country] = fields[..] else { panic!("a line of other fields: {line}") };
        let country = country.trim_matches('"').to_owned();
        let row = Observed { year: year.parse().unwrap(), pop: pop.parse().unwrap(), life: thousandths(life) };
        let (known, rows) = survey.entry(country).or_insert_with(|| (cluster.parse().unwrap(), Vec::new()));
        assert_eq!(*known, cluster.parse::<u32>().unwrap(), "{line}");
        rows.push(row);
    }
    survey
}

pub(crate) fn clusters(survey: &Survey) -> BTreeSet<u32> {
    survey.values().map(|(cluster, _)| *cluster).collect()
}

/// A country's trend.
#[derive(Debug)]
pub(crate) struct Trend {
    pub(crate) first: i128,
    pub(crate) last: i128,
    pub(crate) pop: i128,
    /// Years a year.
    pub(crate) slope: f64,
    /// Years.
    pub(crate) residual_se: f64,
    /// Years.
    pub(crate) forecast: f64,
}

/// By the normal equations, in whole numbers: with `across = n Σx² - (Σx)²` and `along = n Σxy - Σx Σy` the slope is
/// `along / across` and the sum of squared residuals `((n Σy² - (Σy)²) across - along²) / (n across)`.
pub(crate) fn trend(rows: &[Observed], horizon: i128) -> Trend {
    let sum = |of: fn(&Observed) -> i128| rows.iter().map(of).sum::<i128>();
    let n = i128::try_from(rows.len()).unwrap();
    let (years, lives) = (sum(|row| row.year), sum(|row| row.life));
    let across = n * sum(|row| row.year * row.year) - years * years;
    let along = n * sum(|row| row.year * row.life) - years * lives;
    let squares = (n * sum(|row| row.life * row.life) - lives * lives) * across - along * along;
    let first = rows.iter().min_by_key(|row| row.year).unwrap();
    let last = rows.iter().max_by_key(|row| row.year).unwrap();
    Trend {
        first: first.life,
        last: last.life,
        pop: last.pop,
        slope: ratio(along, across * 1000),
        residual_se: ratio(squares, n * across * (n - 2)).sqrt() / 1000.0,
        forecast: ratio(lives * across + along * (n * horizon - years), n * across * 1000),
    }
}

impl Trend {
    /// In thousandths of a year.
    pub(crate) fn gain(&self) -> i128 {
        self.last - self.first
    }
}

/// The countries by what they gained, most first, then by name.
pub(crate) fn ranked(survey: &Survey, horizon: i128) -> Vec<(&str, Trend)> {
    let mut all: Vec<(&str, Trend)> =
        survey.iter().map(|(country, (_, rows))| (country.as_str(), trend(rows, horizon))).collect();
    all.sort_by_key(|(country, trend)| (-trend.gain(), *country));
    all
}

/// A cluster's population and mean life expectancy in a year; `None` where no country has that year.
pub(crate) fn mean(survey: &Survey, cluster: u32, year: i128) -> Option<(i128, f64)> {
    let rows = survey.values().filter(|(of, _)| *of == cluster).flat_map(|(_, rows)| rows);
    let (pop, lived) = rows
        .filter(|row| row.year == year)
        .fold((0, 0), |(pop, lived), row| (pop + row.pop, lived + row.pop * row.life));
    (pop > 0).then(|| (pop, ratio(lived, pop * 1000)))
}

/// A cluster's mean forecast, weighed by the last populations.
pub(crate) fn mean_forecast(survey: &Survey, cluster: u32, horizon: i128) -> f64 {
    let trends = survey.values().filter(|(of, _)| *of == cluster).map(|(_, rows)| trend(rows, horizon));
    let (pop, lived) = trends.fold((0.0, 0.0), |(pop, lived), trend| {
        let weight = ratio(trend.pop, 1);
        (pop + weight, lived + weight * trend.forecast)
    });
    lived / pop
}

/// `43.88` is 43880.
fn thousandths(text: &str) -> i128 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    assert!(part.len() <= 3, "{text} has more digits than are kept");
    format!("{whole}{part:0<3}").parse().unwrap()
}

pub(crate) fn ratio(above: i128, below: i128) -> f64 {
    above as f64 / below as f64
}
