//! Other derives and attributes, above and below, and structs inside functions.
#![deny(warnings)]

use jobmon::prelude::*;
use std::fmt::Debug;

/// Fits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[task_template(command = "fit {year} [--by {by}]")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Fit {
    /// The year.
    #[node_arg]
    #[serde(rename = "y")]
    pub year: u16,
    /// By what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[task_arg]
    pub by: Option<String>,
}

fn all<T: TaskTemplate + Debug + Clone>(_: &T) {}

fn main() {
    #[derive(Debug, ArgValue)]
    enum Kind {
        Inner,
    }
    #[derive(serde::Serialize)]
    #[task_template(command = "report {share}")]
    struct Report {
        #[node_arg]
        share: Fixed<2>,
        #[upstream]
        first: TaskRef<Fit>,
        #[upstream]
        all: TaskSet<Fit>,
    }
    #[task_template(command = "inner {kind}")]
    struct Inner {
        #[node_arg]
        kind: Kind,
        #[upstream]
        before: TaskSet<Fit>,
    }
    let fit = Fit { year: 1990, by: None };
    all(&fit);
    assert_eq!(serde_json::to_string(&fit).expect("it is plain"), r#"{"y":1990}"#);
    let mut wf = Tool::new("t").workflow("w");
    let before = wf.add_all([fit, Fit { year: 1991, by: None }]);
    let report = Report { share: Fixed::round(0.256), first: before.one(|fit| fit.year == 1991), all: before.clone() };
    assert_eq!(serde_json::to_string(&report).expect("it is plain"), r#"{"share":0.26,"first":1,"all":[0,1]}"#);
    assert_eq!(serde_json::from_str::<Fixed<2>>("0.256").expect("a number"), report.share);
    wf.add(report);
    wf.add(Inner { kind: Kind::Inner, before });
    wf.check().expect("the workflow is right");
}
