//! The whole example, started as a user starts it.

use crate::expected::{self, Survey};
use crate::{DATA, HORIZON, built, close, records};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use tempfile::TempDir;

fn health() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| built::example("health", &["main.rs", "pipeline.rs", "survey.rs"]))
}

fn start(out: &Path) -> Output {
    Command::new(health()).arg("--out").arg(out).output().unwrap()
}

/// The standard output of a start that must succeed.
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn survey() -> Survey {
    expected::survey(&fs::read_to_string(DATA).unwrap())
}

/// One task to extract and one to fit each country, one for each cluster, one for the report.
fn tasks(survey: &Survey) -> usize {
    2 * survey.len() + expected::clusters(survey).len() + 1
}

#[test]
fn it_runs_once_and_shows_the_same_report_ever_after() {
    let directory = TempDir::new().unwrap();
    let out = directory.path().join("made here, and = not awk's");
    let survey = survey();
    assert_eq!(survey.len(), 62);
    let tasks = tasks(&survey);

    let first = said(&start(&out));
    let report = fs::read_to_string(out.join("report.txt")).unwrap();
    assert!(first.starts_with(&report), "{first}");
    assert!(first.trim_end().ends_with(&format!(" s: {tasks} done")), "{first}");

    let changed = || fs::metadata(out.join("report.txt")).unwrap().modified().unwrap();
    let before = changed();
    let second = said(&start(&out));
    assert!(second.starts_with(&report), "{second}");
    assert!(second.contains(&format!("\nAll {tasks} tasks were done before, and none ran.\n")), "{second}");
    assert!(second.trim_end().ends_with(&format!(" s: 0 done, {tasks} resumed")), "{second}");
    assert_eq!(changed(), before);

    trends(&out, &survey);
    clusters(&out, &survey);
    ranking(&report, &survey);
    cluster_table(&report, &survey);
}

/// Each country has its rows and its trend, and the figures are right.
fn trends(out: &Path, survey: &Survey) {
    let names = |kind: &str| fs::read_dir(out.join(kind)).unwrap().count();
    assert_eq!((names("rows"), names("trends")), (survey.len(), survey.len()));
    assert!(out.join("trends/Hong Kong, China.tsv").exists());
    for (country, (cluster, observed)) in survey {
        let table = |kind: &str| records(&fs::read_to_string(out.join(format!("{kind}/{country}.tsv"))).unwrap());
        assert_eq!(table("rows").len(), observed.len(), "{country}");
        let [record] = &table("trends")[..] else { panic!("`{country}` has not one trend") };
        let trend = expected::trend(observed, HORIZON);
        assert_eq!((&record["country"], &record["cluster"]), (country, &cluster.to_string()));
        close(&record["first"], expected::ratio(trend.first, 1000), 3);
        close(&record["last"], expected::ratio(trend.last, 1000), 3);
        close(&record["gain"], expected::ratio(trend.gain(), 1000), 3);
        close(&record["slope"], trend.slope, 8);
        close(&record["residual_se"], trend.residual_se, 8);
        close(&record["forecast"], trend.forecast, 8);
    }
}

/// Each cluster has its means, a year each, of its own countries only.
fn clusters(out: &Path, survey: &Survey) {
    for cluster in expected::clusters(survey) {
        let table = records(&fs::read_to_string(out.join(format!("clusters/{cluster}.tsv"))).unwrap());
        let years: Vec<i128> = table.iter().map(|record| record["year"].parse().unwrap()).collect();
        assert_eq!(years, (1955..=2005).step_by(5).chain([HORIZON]).collect::<Vec<_>>());
        let members = survey.values().filter(|(of, _)| *of == cluster).count();
        for (record, year) in table.iter().zip(years) {
            assert_eq!(record["countries"], members.to_string(), "cluster {cluster}, {year}");
            let (pop, mean) = expected::mean(survey, cluster, year).unwrap_or_else(|| {
                let (pop, _) = expected::mean(survey, cluster, 2005).unwrap();
                (pop, expected::mean_forecast(survey, cluster, year))
            });
            assert_eq!(record["pop"], pop.to_string(), "cluster {cluster}, {year}");
            // The forecasts it is made of were written with 8 decimals, so the eighth is not sure.
            close(&record["life_expect"], mean, 7);
        }
    }
}

/// The report ranks the countries by gain.
fn ranking(report: &str, survey: &Survey) {
    let rows = report.lines().skip_while(|line| !line.starts_with("rank")).skip(1).take_while(|line| !line.is_empty());
    let rows: Vec<Vec<&str>> = rows.map(|row| row.split_whitespace().collect()).collect();
    let ranked = expected::ranked(survey, HORIZON);
    assert_eq!(rows.len(), ranked.len());
    for ((row, (country, trend)), rank) in rows.iter().zip(ranked).zip(1..) {
        let (name, figures) = row[1..].split_at(row.len() - 8);
        assert_eq!((row[0], name.join(" ")), (rank.to_string().as_str(), country.to_owned()));
        let [cluster, from, to, gain, slope, error, forecast] = figures else { panic!("{row:?}") };
        assert_eq!(*cluster, survey[country].0.to_string());
        close(from, expected::ratio(trend.first, 1000), 2);
        close(to, expected::ratio(trend.last, 1000), 2);
        close(gain, expected::ratio(trend.gain(), 1000), 2);
        close(slope, trend.slope * 10.0, 2);
        close(error, trend.residual_se, 2);
        close(forecast, trend.forecast, 2);
    }
}

/// The report's second table has the clusters in their order.
fn cluster_table(report: &str, survey: &Survey) {
    let rows: Vec<&str> = report.lines().skip_while(|line| !line.starts_with("cluster ")).skip(1).collect();
    let clusters = expected::clusters(survey);
    assert_eq!(rows.len(), clusters.len());
    for (row, cluster) in rows.iter().zip(clusters) {
        let row: Vec<&str> = row.split_whitespace().collect();
        let [number, _, pop, from, to, gain, forecast] = row[..] else { panic!("{row:?}") };
        let (_, first) = expected::mean(survey, cluster, 1955).unwrap();
        let (people, last) = expected::mean(survey, cluster, 2005).unwrap();
        assert_eq!((number, pop), (cluster.to_string().as_str(), people.to_string().as_str()));
        close(from, first, 2);
        close(to, last, 2);
        close(gain, last - first, 2);
        close(forecast, expected::mean_forecast(survey, cluster, HORIZON), 2);
    }
}

/// An `awk` that fails when it fits Peru, until it has done so twice.
const FAILS_TWICE: &str = r#"#!/bin/sh
case "$2 $3" in
*/fit.awk\ Peru)
    if mkdir "$FAILED/1" 2>/dev/null || mkdir "$FAILED/2" 2>/dev/null; then
        echo "no luck today" >&2
        exit 7
    fi ;;
esac
exec "$REAL_AWK" "$@"
"#;

#[test]
fn a_fit_that_fails_is_tried_again() {
    let directory = TempDir::new().unwrap();
    let awk = directory.path().join("awk");
    fs::write(&awk, FAILS_TWICE).unwrap();
    fs::set_permissions(&awk, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let real = std::env::split_paths(&path).map(|place| place.join("awk")).find(|awk| awk.exists()).unwrap();
    let places = [directory.path().to_owned()].into_iter().chain(std::env::split_paths(&path));

    let mut command = Command::new(health());
    command.arg("--out").arg(directory.path().join("out"));
    command.env("PATH", std::env::join_paths(places).unwrap()).env("REAL_AWK", real).env("FAILED", directory.path());
    let output = command.output().unwrap();

    assert!(said(&output).trim_end().ends_with(&format!(" s: {} done", tasks(&survey()))));
    assert!(directory.path().join("2").exists(), "it did not fail twice");
}

#[test]
fn a_wrong_option_is_told() {
    for arguments in [&["--into", "x"][..], &["--out"], &["--out", "a", "b"]] {
        let output = Command::new(health()).args(arguments).output().unwrap();
        assert!(!output.status.success());
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "health: usage: health [--out DIR]\n");
    }
}
