//! Templates of all kinds in a strict crate.
#![forbid(unsafe_code)]
#![deny(missing_docs, warnings, clippy::pedantic, rust_2018_idioms, unused_qualifications)]

use jobmon::prelude::*;
use std::path::{Path, PathBuf};

/// Cuts the survey of one year.
///
/// In two paragraphs.
#[task_template(command = "python3 prep.py --year {year} --out {root}", memory = "2G", runtime = "10m")]
#[derive(Debug, Clone)]
pub struct Prep {
    /// The year.
    #[node_arg]
    pub year: u16,
    /// Where to.
    #[task_arg]
    pub root: PathBuf,
}

/// Female or male.
#[derive(Debug, Clone, Copy, PartialEq, ArgValue)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    #[arg_value(name = "m")]
    Male,
}

/// All roles, places and options.
#[derive(Debug, Clone)]
#[task_template(
    command = "python3 fit.py --location {location} --year {year} --sex {sex} --root {root}
               [--draws {draws}] --threads {threads} [{verbose}? --verbose] {files}... [{files}? --with-files]
               --again {year} [--maybe {year}]",
    name = "fit.it",
    version = 2,
    memory = "8G",
    runtime = "1h",
    cores = 2,
    max_attempts = 3,
    scale(memory = 1.5, runtime = 2),
    stdout = "{root}/{location}.txt"
)]
pub struct Fit {
    #[node_arg]
    location: u32,
    #[node_arg]
    year: u16,
    #[node_arg]
    sex: Sex,
    #[task_arg]
    root: PathBuf,
    #[task_arg]
    draws: Option<u32>,
    #[op_arg]
    threads: u32,
    #[op_arg]
    verbose: bool,
    #[op_arg]
    files: Vec<PathBuf>,
    #[upstream]
    prep: TaskRef<Prep>,
    #[upstream]
    before: Option<TaskRef<Self>>,
    #[upstream]
    many: Vec<TaskRef<Prep>>,
    #[upstream]
    set: TaskSet<Prep>,
}

/// A lifetime is let.
#[task_template(command = "borrow {path} {text}")]
struct Borrows<'a> {
    #[node_arg]
    path: &'a Path,
    #[op_arg]
    text: &'a str,
}

/// No arguments at all.
#[task_template(command = "true")]
struct Unit;

/// The derive by itself.
#[derive(TaskTemplate)]
#[task_template(command = "echo", stdout = "{out}")]
#[must_use]
struct Derived {
    #[task_arg]
    out: PathBuf,
}

/// The user's own `must_use` stays.
#[task_template(command = "true")]
#[must_use = "mine"]
struct Mine {}

fn inside() -> impl jobmon::IntoTask {
    #[task_template(command = "echo {word}")]
    struct Local {
        #[node_arg]
        word: &'static str,
    }
    Local { word: "hello" }
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    let root = PathBuf::from("x");
    let preps = wf.add_all(grid!(Prep { year in 1990..1993, root: root.clone() }));
    let first = preps.one(|prep| prep.year == 1990);
    let fit = wf.add(Fit {
        location: 1,
        year: 1990,
        sex: Sex::Male,
        root: root.clone(),
        draws: None,
        threads: 1,
        verbose: true,
        files: Vec::new(),
        prep: first,
        before: None,
        many: preps.refs(),
        set: preps.clone(),
    });
    wf.add(Borrows { path: &root, text: "a" });
    wf.add(Unit.upstream(fit));
    wf.add(Derived { out: root.join("out") });
    wf.add(Mine {});
    wf.add(inside());
    wf.check().expect("the workflow is right");

    let spec = <Fit as TaskTemplate>::SPEC;
    assert_eq!((spec.name, spec.version, spec.memory, spec.runtime), ("fit.it", 2, Some(8 << 30), Some(3600)));
    assert_eq!((spec.cores, spec.max_attempts), (Some(2), Some(3)));
    assert!(matches!(spec.scale_memory, Some(jobmon::model::ScaleSpec::By(1.5))));
    assert!(matches!(spec.scale_runtime, Some(jobmon::model::ScaleSpec::By(2.0))));
    assert_eq!((spec.doc, spec.stdout), ("All roles, places and options.", Some("{root}/{location}.txt")));
    assert_eq!(
        spec.args.iter().map(|arg| arg.name).collect::<Vec<_>>().join(" "),
        "location year sex root draws threads verbose files"
    );
    assert_eq!(<Prep as TaskTemplate>::SPEC.doc, "Cuts the survey of one year.\n\nIn two paragraphs.");
    assert_eq!(<Prep as TaskTemplate>::SPEC.at.line, 11);
    assert!(<Prep as TaskTemplate>::SPEC.at.file.ends_with("templates.rs"));
    let _ = Sex::Female;
}
