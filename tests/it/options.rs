//! The options of a template, as its tasks feel them.

use crate::support::State;
use jobmon::prelude::*;
use std::path::PathBuf;

#[task_template(
    command = ["sh", "-c", "echo \"$1 $A $B\"; echo \"it's $1\" >&2", "sh", "{word}"],
    stdout = "{root}/{word}.out",
    stderr = "{root}/{word}.err",
    env(A = "a {threads}", B = "b")
)]
struct Say {
    #[node_arg]
    word: String,
    #[op_arg]
    root: PathBuf,
    #[op_arg]
    threads: u32,
}

#[test]
fn streams_go_to_files_and_variables_hold_values() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("options");
    let say = |word: &str| Say { word: word.into(), root: state.join("d"), threads: 4 };
    wf.add(say("x; touch y"));
    wf.add(say("over").env("B", "what the task says counts"));
    wf.run(state.options()).unwrap().ok().unwrap();
    assert_eq!(state.lines("d/x; touch y.out"), ["x; touch y a 4 b"]);
    assert_eq!(state.lines("d/x; touch y.err"), ["it's x; touch y"]);
    assert_eq!(state.lines("d/over.out"), ["over a 4 what the task says counts"]);
    let command = state.query("SELECT command FROM task_template");
    assert_eq!(command, r#"sh -c 'echo "$1 $A $B"; echo "it'\''s $1" >&2' sh {word}"#);
}

#[task_template(
    command = r#"
        count() {{ wc -w | tr -d ' '; }}
        if [ -n "{word}" ]; then
            for item in {items}...; do echo "$item"; done | sort -r | head -n 1
            printf '%s\n' {word} '{word}' "$(printf %s {word})" | count
        fi
        echo "${{0}} $#" >&2
    "#,
    shell = true,
    stdout = "{out}",
    stderr = "{out}"
)]
struct Script {
    #[node_arg]
    word: String,
    #[task_arg]
    items: Vec<String>,
    #[task_arg]
    out: PathBuf,
}

#[test]
fn a_script_is_run_by_bash_and_its_values_are_not() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("script");
    let items = ["b", "$(touch ran)", "it's"].map(String::from).to_vec();
    let task = Script { word: "a *; touch ran; 'b'".into(), items, out: state.join("out") };
    wf.add(task.current_dir(state.path()));
    wf.run(state.options()).unwrap().ok().unwrap();
    assert_eq!(state.lines("out"), ["it's", "15", "jobmon 4"]);
    assert!(!state.join("ran").exists());
}

#[task_template(command = "sh -c 'false | true; echo lost' {id}", max_attempts = 1)]
struct Sh {
    #[node_arg]
    id: u32,
}

#[task_template(command = "false | true; echo {id}", shell = true, max_attempts = 1)]
struct Bash {
    #[node_arg]
    id: u32,
}

#[test]
fn a_script_fails_with_any_step_of_it() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("pipefail");
    wf.add(Sh { id: 1 });
    wf.add(Bash { id: 1 });
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed), (1, 1));
}

/// Says how many of its kind it saw, itself included: those that run hold a directory.
#[task_template(
    command = "mkdir {root}/{id}.runs; set -- {root}/*.runs; echo $# >> {root}/seen; sleep 0.02; rmdir {root}/{id}.runs",
    shell = true,
    max_concurrently_running = 2
)]
struct Few {
    #[node_arg]
    id: u32,
    #[op_arg]
    root: PathBuf,
}

#[test]
fn no_more_of_a_template_run_at_once_than_it_allows() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("few");
    wf.add_all(grid!(Few { id in 0..12, root: state.path().to_owned() }));
    wf.add_all((0..12).map(|id| Command::new("true").node_arg("id", id)));
    wf.run(state.options().cores(6)).unwrap().ok().unwrap();
    let seen: Vec<u32> = state.lines("seen").iter().map(|line| line.trim().parse().unwrap()).collect();
    assert_eq!(seen.len(), 12);
    assert!(seen.iter().all(|count| *count <= 2), "{seen:?}");
}

#[task_template(command = "yes {id} | head -n 1", shell = true, max_attempts = 1)]
struct Broken {
    #[node_arg]
    id: u32,
}

#[task_template(command = "{{ yes {id} || [ $? = 141 ]; }} | head -n 1", shell = true)]
struct Allowed {
    #[node_arg]
    id: u32,
}

#[task_template(command = "head -n 1 < <(yes {id})", shell = true)]
struct Substituted {
    #[node_arg]
    id: u32,
}

#[task_template(command = "awk 'BEGIN {{print ENVIRON[\"NAME\"]}}'", env(NAME = "{name}"), stdout = "{out}")]
struct Environ {
    #[node_arg]
    name: String,
    #[op_arg]
    out: PathBuf,
}

#[task_template(command = "sh -c \"printf %s $(printf %q {value})\" > {out}", shell = true)]
struct Again {
    #[node_arg]
    value: String,
    #[op_arg]
    out: PathBuf,
}

/// What `docs/commands.md` says of pipes into `head`, of `awk` and of shells that read again.
#[test]
fn programs_do_what_the_documentation_says() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("head");
    wf.add(Broken { id: 1 });
    wf.add(Allowed { id: 1 });
    wf.add(Substituted { id: 1 });
    wf.add(Environ { name: r"a\tb".into(), out: state.join("environ") });
    wf.add(Again { value: "it's; touch *".into(), out: state.join("again") }.current_dir(state.path()));
    let run = wf.run(state.options()).unwrap();
    assert_eq!((run.done, run.failed), (4, 1), "{run}");
    assert_eq!(state.query("SELECT name FROM task WHERE status = 'FAILED'"), "broken id=1");
    assert_eq!(state.lines("environ"), [r"a\tb"]);
    assert_eq!(state.lines("again"), ["it's; touch *"]);
}
