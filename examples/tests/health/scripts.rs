//! The awk programs alone, under each awk of this machine.

use crate::expected::{self, Survey};
use crate::{DATA, HERE, HORIZON, close, records};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// The awks of this machine: `awk`, and such others as are there.
fn awks() -> Vec<Vec<&'static str>> {
    let known = [
        vec!["awk"],
        vec!["mawk"],
        vec!["gawk"],
        vec!["gawk", "--posix"],
        vec!["busybox", "awk"],
        vec!["original-awk"],
    ];
    let works = |awk: &Vec<&str>| {
        Command::new(awk[0]).args(&awk[1..]).arg("BEGIN { }").output().is_ok_and(|output| output.status.success())
    };
    let found: Vec<_> = known.into_iter().filter(works).collect();
    assert!(found.contains(&vec!["awk"]), "the example needs awk, and there is none");
    found
}

fn run(awk: &[&str], script: &str, operands: &[&str]) -> Output {
    let script = Path::new(HERE).join("scripts").join(script);
    let mut command = Command::new(awk[0]);
    command.args(&awk[1..]).arg("-f").arg(script).args(operands).env("LC_ALL", "C").output().unwrap()
}

/// The standard output of a run that must succeed.
fn said(awk: &[&str], script: &str, operands: &[&str]) -> String {
    let output = run(awk, script, operands);
    assert!(output.status.success(), "{awk:?} {script} {operands:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The last line of standard error of a run that must fail.
fn refused(awk: &[&str], script: &str, operands: &[&str]) -> String {
    let output = run(awk, script, operands);
    assert!(!output.status.success(), "{awk:?} {script} {operands:?} succeeded");
    String::from_utf8(output.stderr).unwrap().trim_end().to_owned()
}

/// Extracts and fits some countries into files: the files with what the scripts say of each. All of them go through the
/// whole example, and there are many awks.
fn trends(awk: &[&str], survey: &Survey, directory: &Path) -> BTreeMap<String, PathBuf> {
    let file = |country: &str, kind: &str| directory.join(format!("{country}.{kind}"));
    let mut trends = BTreeMap::new();
    for (country, (cluster, _)) in survey.iter().skip(4).step_by(6) {
        let (rows, trend) = (file(country, "rows"), file(country, "trend"));
        fs::write(&rows, said(awk, "extract.awk", &[country, DATA])).unwrap();
        let operands = [country, &cluster.to_string(), &HORIZON.to_string(), rows.to_str().unwrap()];
        fs::write(&trend, said(awk, "fit.awk", &operands)).unwrap();
        trends.insert(country.clone(), trend);
    }
    trends
}

#[test]
fn every_awk_gives_the_figures_of_the_normal_equations() {
    let survey = expected::survey(&fs::read_to_string(DATA).unwrap());
    for awk in awks() {
        let directory = TempDir::new().unwrap();
        let trends = trends(&awk, &survey, directory.path());
        assert!(trends.contains_key("Hong Kong, China"));
        for (country, file) in trends {
            let records = records(&fs::read_to_string(file).unwrap());
            assert_eq!(records.len(), 1, "{awk:?}: {country}");
            let trend = expected::trend(&survey[&country].1, HORIZON);
            assert_eq!(records[0]["country"], country);
            close(&records[0]["slope"], trend.slope, 8);
            close(&records[0]["residual_se"], trend.residual_se, 8);
            close(&records[0]["forecast"], trend.forecast, 8);
        }
    }
}

#[test]
fn a_country_is_found_whatever_it_is_called() {
    let directory = TempDir::new().unwrap();
    let survey = directory.path().join("survey.csv");
    let text = concat!(
        "country,cluster,year,pop,life_expect,fertility\r\n",
        "\"A \"\"b\"\", c\\n\",1,1955,3,40.5,1\r\n",
        "1e3,1,1955,4,41.5,1\r\n",
        "1000,1,1960,5,42.5,1\r\n",
        "x=y,1,1960,6,43.5,1\r\n",
    );
    fs::write(&survey, text).unwrap();
    for awk in awks() {
        for (country, row) in [
            ("A \"b\", c\\n", "1955\t3\t40.5"),
            ("1e3", "1955\t4\t41.5"),
            ("1000", "1960\t5\t42.5"),
            ("x=y", "1960\t6\t43.5"),
        ] {
            let rows = said(&awk, "extract.awk", &[country, survey.to_str().unwrap()]);
            assert_eq!(rows, format!("year\tpop\tlife_expect\n{row}\n"), "{awk:?}: {country}");
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    let directory = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let two = file("two", "year\tpop\tlife_expect\n1955\t1\t40\n1960\t1\t41\n");
    let same = file("same", "year\tpop\tlife_expect\n1955\t1\t40\n1955\t1\t41\n1955\t1\t42\n");
    let open = file("open", "country,cluster,year,pop,life_expect,fertility\n\"Peru,1,1955,3,40.5,1\n");
    let other = file("other", "name,year\nPeru,1955\n");
    let trend = file("trend", "country\tcluster\nPeru\t3\n");
    for awk in awks() {
        for (script, operands, reason) in [
            ("extract.awk", vec!["Atlantis", DATA], "the survey has no country `Atlantis`"),
            ("extract.awk", vec!["Peru", &open], "line 2 of the survey ends inside a quoted field"),
            (
                "fit.awk",
                vec!["Peru", "3", "2030", &two],
                "`Peru` has 2 observations, and a line with its error takes 3",
            ),
            ("fit.awk", vec!["Peru", "3", "2030", &same], "`Peru` has observations of one year only"),
            ("aggregate.awk", vec!["4", &trend], "is of cluster 3 and not of 4"),
        ] {
            let words = refused(&awk, script, &operands);
            assert!(words.starts_with(&format!("{script}: ")) && words.ends_with(reason), "{awk:?}: {words}");
        }
        assert!(refused(&awk, "extract.awk", &["Peru", &other]).starts_with("extract.awk: the survey has no column `"));
    }
}
