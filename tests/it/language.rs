//! Tasks, handles and sets: what a program says, and what is written down of it.

use crate::support::State;
use jobmon::plan::{GraphNode, LookUpError};
use jobmon::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ArgValue)]
enum Sex {
    Female,
    Male,
}

#[task_template(command = "true {year}")]
struct Prep {
    #[node_arg]
    year: u16,
}

#[task_template(command = "true {location} {year} {sex}")]
#[derive(Debug, Clone)]
struct Fit {
    #[node_arg]
    location: u32,
    #[node_arg]
    year: u16,
    #[node_arg]
    sex: Sex,
    #[upstream]
    prep: TaskRef<Prep>,
}

fn fits(wf: &mut Workflow) -> (TaskSet<Prep>, TaskSet<Fit>) {
    let preps = wf.add_all(grid!(Prep { year in 1990..1992 }));
    let fits = wf.add_all(grid!(Fit {
        location in 1..=3, year in 1990..1992, sex in [Sex::Female, Sex::Male],
        prep: preps.one(|prep| prep.year == year),
    }));
    (preps, fits)
}

#[test]
fn sets_find_tasks_by_their_fields() {
    let mut wf = Tool::new("test").workflow("sets");
    let (preps, fits) = fits(&mut wf);
    assert_eq!((preps.len(), fits.len(), wf.len()), (2, 12, 14));
    let third = fits.filter(|fit| fit.location == 3);
    assert_eq!(third.len(), 4);
    assert!(third.iter().all(|(_, fit)| fit.location == 3));
    let women = third.filter(|fit| fit.sex == Sex::Female);
    assert_eq!(women.refs().len(), 2);
    let one = women.one(|fit| fit.year == 1991);
    assert_eq!(women.try_one(|fit| fit.year == 1991), Ok(one));
    assert_eq!(fits.try_one(|fit| fit.year == 1991), Err(LookUpError::Several { matches: 6, of: 12 }));
    assert_eq!(fits.try_one(|fit| fit.year == 2000), Err(LookUpError::None { of: 12 }));
    let (_, first) = fits.iter().next().unwrap();
    assert_eq!(first.prep, preps.one(|prep| prep.year == 1990));
    assert!(wf.check().is_ok());
}

#[test]
fn groups_find_tasks_by_a_key_at_once() {
    let mut wf = Tool::new("test").workflow("groups");
    let (_, fits) = fits(&mut wf);
    let by_location = fits.group_by(|fit| fit.location);
    assert_eq!(by_location.len(), 3);
    assert_eq!(by_location.get(&2).len(), 4);
    assert_eq!(by_location.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [1, 2, 3]);
    let by_all = fits.group_by(|fit| (fit.location, fit.year, fit.sex));
    assert_eq!(
        by_all.one(&(2, 1991, Sex::Male)),
        fits.one(|fit| (fit.location, fit.year, fit.sex) == (2, 1991, Sex::Male))
    );
    assert!(by_all.try_get(&(9, 1991, Sex::Male)).is_err());
    assert!(wf.check().is_ok());
    let _lost = by_all.get(&(9, 1991, Sex::Male));
    let told = wf.check().unwrap_err().to_string();
    assert!(told.contains("tests/it/language.rs:"), "{told}");
    assert!(told.contains("none of the 12 tasks matches"), "{told}");
}

#[test]
fn the_graph_has_a_node_for_each_task_and_each_set_that_is_waited_for() {
    let mut wf = Tool::new("test").workflow("graph");
    let (_, fits) = fits(&mut wf);
    wf.add(Command::new("true").upstream(fits.clone()));
    wf.add(Command::new("echo").upstream(fits));
    let graph = wf.graph();
    // 2 + 12 + 2 tasks and one set: 12 edges from preps, 12 into the set, 2 out of it.
    assert_eq!((graph.node_count(), graph.edge_count()), (17, 26));
    let sets = graph.node_weights().filter(|node| **node == GraphNode::Set { len: 12 }).count();
    assert_eq!(sets, 1);
    let names = graph.node_weights().filter_map(|node| match node {
        GraphNode::Task { name, .. } => Some(name.as_str()),
        GraphNode::Set { .. } => None,
    });
    let names: Vec<&str> = names.collect();
    assert_eq!(names[2], "fit location=1 year=1990 sex=female");
    let templates = wf.template_graph();
    let edges: Vec<String> = templates
        .edge_indices()
        .map(|edge| {
            let (from, to) = templates.edge_endpoints(edge).unwrap();
            format!("{} -> {}: {}", templates[from], templates[to], templates[edge])
        })
        .collect();
    assert_eq!(edges, ["prep -> fit: 12", "fit -> command: 24"]);
}

#[test]
fn default_names_are_readable_and_unique() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("names");
    let long = "x".repeat(300);
    for value in ["a b", "a' b=1", "", "new\nline", "żółć", &long] {
        wf.add(Command::new("true").node_arg("v", value.to_owned()));
    }
    wf.add(Command::new("sh").max_attempts(1).arg("-c").arg("exit 0"));
    wf.run(state.options()).unwrap();
    let names = state.query("SELECT name FROM task");
    assert!(names.lines().all(|name| name.len() <= 255));
    let short: Vec<&str> = names.lines().map(|name| &name[..name.floor_char_boundary(40)]).collect();
    insta::assert_snapshot!(short.join("\n"), @r#"
    command v='a b'
    command v="a' b=1"
    command v=''
    command v='new line'~ce96d174a20bf5bd
    command v=żółć
    command v=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    sh -c 'exit 0'
    "#);
}

/// The arguments of a task in all roles.
#[task_template(
    name = "fit",
    version = 2,
    command = "true {location} {sex} {files}... [{fast}? -f] [-d {draws}] {threads}"
)]
struct All {
    #[node_arg]
    location: u32,
    #[node_arg]
    sex: Sex,
    #[task_arg]
    files: Vec<String>,
    #[task_arg]
    fast: bool,
    #[task_arg]
    draws: Option<u32>,
    #[op_arg]
    threads: u32,
}

/// Computed by hand, with `hashlib`: SHA-256 of "jobmon task 1", tool, template and version, then name, kind, number of
/// texts and texts of each node and task argument in order of name, each text after its length; cut to 128 bits.
#[test]
fn identity_is_what_the_documentation_says() {
    let state = State::new();
    let mut wf = Tool::new("test").workflow("identity");
    let files = vec!["a".to_owned(), "b c".to_owned()];
    wf.add(All { location: 3, sex: Sex::Female, files, fast: true, draws: None, threads: 7 });
    wf.run(state.options()).unwrap();
    assert_eq!(state.query("SELECT hex(hash) FROM task"), "1ADC9BBC729059ABE1F3EC0751839476");
    assert_eq!(
        state.query("SELECT node_args, task_args, op_args FROM task"),
        r#"{"location":"3","sex":"female"} {"files":["a","b c"],"fast":"true"} {"threads":"7"}"#
    );
}

#[test]
fn two_templates_of_one_name_are_told() {
    mod other {
        use jobmon::prelude::*;

        #[task_template(name = "prep", command = "true {id}")]
        pub(super) struct Other {
            #[node_arg]
            pub(super) id: u32,
        }
    }
    let mut wf = Tool::new("test").workflow("clash");
    wf.add(Prep { year: 1990 });
    wf.add(other::Other { id: 1 });
    let told = wf.check().unwrap_err().to_string();
    assert!(told.contains("two templates are named `prep`"), "{told}");
}

#[test]
fn a_command_with_the_name_of_a_template_is_told_where_it_is_added() {
    let line = line!() + 3;
    let mut wf = Tool::new("test").workflow("clash");
    wf.add(Prep { year: 1990 });
    wf.add(Command::new("true").template("prep"));
    wf.add(Command::new("false").template("prep").node_arg("x", 1));
    let told = wf.check().unwrap_err().to_string();
    assert!(told.contains(&format!("and the one at tests/it/language.rs:{line}:8; give one another name")), "{told}");
    assert!(!told.contains(":0"), "{told}");
}

#[test]
fn what_has_no_name_is_told_with_its_place() {
    let line = line!() + 1;
    let mut wf = Tool::new("").workflow("");
    wf.add(Command::new("true").name("").memory("8"));
    let told = wf.check().unwrap_err().to_string();
    for (line, what) in [(line, "the tool has no name"), (line, "the workflow has no name"), (line + 1, "it is empty")]
    {
        let at = format!("language.rs:{line}");
        assert!(told.lines().any(|told| told.contains(&at) && told.contains(what)), "{line} {what}: {told}");
    }
    assert!(!told.contains("of ``"), "{told}");
}

#[test]
fn upstreams_come_as_handles_options_lists_and_sets() {
    #[task_template(command = "true {id}")]
    struct Join {
        #[node_arg]
        id: u32,
        #[upstream]
        one: TaskRef<Prep>,
        #[upstream]
        maybe: Option<TaskRef<Prep>>,
        #[upstream]
        list: Vec<TaskRef<Prep>>,
        #[upstream]
        set: TaskSet<Prep>,
    }
    let mut wf = Tool::new("test").workflow("joins");
    let preps = wf.add_all(grid!(Prep { year in 1990..1995 }));
    let refs = preps.refs();
    // The handle in `one` and in `list` is one edge, and so is the set.
    wf.add(Join { id: 1, one: refs[0], maybe: None, list: refs[..3].to_vec(), set: preps.clone() });
    wf.add(Join { id: 2, one: refs[0], maybe: Some(refs[4]), list: Vec::new(), set: preps.filter(|_| false) });
    let graph = wf.graph();
    assert_eq!(graph.edge_count(), 5 + (3 + 1) + 2);
}

#[test]
fn the_order_of_node_arguments_makes_no_other_task_and_names_of_commands_are_checked_too() {
    let mut wf = Tool::new("test").workflow("order");
    wf.add(Command::new("true").node_arg("a", 1).node_arg("b", 2));
    wf.add(Command::new("true").node_arg("b", 2).node_arg("a", 1));
    let told = wf.check().unwrap_err().to_string();
    assert!(told.contains("has the same node arguments"), "{told}");
    let mut wf = Tool::new("test").workflow("names");
    wf.add(Prep { year: 1990 });
    wf.add(Command::new("prep").arg("year=1990"));
    let told = wf.check().unwrap_err().to_string();
    assert!(told.contains("a task named `prep year=1990` was added"), "{told}");
}

fn years(set: &TaskSet<Prep>) -> Vec<u16> {
    set.iter().map(|(_, prep)| prep.year).collect()
}

#[test]
fn sets_are_joined_cut_and_taken_apart() {
    let mut wf = Tool::new("test").workflow("sets");
    let early = wf.add_all(grid!(Prep { year in 1990..1995 }));
    wf.add(Prep { year: 1 });
    let late = wf.add_all(grid!(Prep { year in 2000..2003 }));
    let mut all = late.union(&early);
    assert_eq!(years(&all), [2000, 2001, 2002, 1990, 1991, 1992, 1993, 1994]);
    all.extend(&early.filter(|prep| prep.year > 1992));
    assert_eq!((all.len(), all.iter().len(), all.refs().len()), (8, 8, 8));
    let odd = all.filter(|prep| prep.year % 2 == 1);
    assert_eq!(years(&odd), [2001, 1991, 1993]);
    assert_eq!(years(&odd.filter(|prep| prep.year < 2000)), [1991, 1993]);
    assert_eq!(years(&odd.union(&all.filter(|prep| prep.year < 1992))), [2001, 1991, 1993, 1990]);
    assert_eq!(years(&odd.intersection(&early)), [1991, 1993]);
    assert_eq!(years(&early.difference(&odd)), [1990, 1992, 1994]);
    assert_eq!(years(&early.difference(&early).union(&late)), [2000, 2001, 2002]);
    assert!(all.difference(&all).is_empty());
    assert_eq!(all.one(|prep| prep.year == 1994), early.refs()[4]);
    assert!(all.contains(late.refs()[0]) && !odd.contains(late.refs()[0]));
    let by_parity = all.group_by(|prep| (prep.year % 2, prep.year >= 2000));
    assert_eq!(years(&by_parity.get(&(0, false))), [1990, 1992, 1994]);
    assert_eq!(years(&by_parity.get(&(0, true))), [2000, 2002]);
    assert!(wf.check().is_ok());
}

#[test]
fn a_joined_set_is_one_edge() {
    let mut wf = Tool::new("test").workflow("joined");
    let early = wf.add_all(grid!(Prep { year in 1990..1995 }));
    let late = wf.add_all(grid!(Prep { year in 2000..2003 }));
    let mut all = early.union(&late).union(&early);
    for id in 0..10 {
        wf.add(Command::new("true").node_arg("id", id).upstream(&all));
    }
    assert_eq!(wf.graph().edge_count(), 8 + 10);
    // Who waits for the set waits for what it held then; the clones of the longer one are one node too.
    let more = wf.add_all(grid!(Prep { year in 2010..2012 }));
    all.extend(&more);
    wf.add(Command::new("true").node_arg("id", 10).upstream(&all));
    wf.add(Command::new("true").node_arg("id", 11).upstream(all.clone()));
    assert_eq!(wf.graph().edge_count(), 8 + 10 + 10 + 2);
    assert!(wf.check().is_ok());
}

#[test]
fn sets_of_two_workflows_are_not_joined() {
    let mut wf = Tool::new("test").workflow("one");
    let mut other = Tool::new("test").workflow("other");
    let mine = wf.add_all(grid!(Prep { year in 1990..1995 }));
    let foreign = other.add_all(grid!(Prep { year in 1990..1995 }));
    let mine_alone =
        [mine.union(&foreign), mine.intersection(&foreign), mine.difference(&foreign)].map(|set| set.len());
    assert_eq!(mine_alone, [5, 0, 5]);
    let told = wf.check().unwrap_err().to_string();
    let sentence = "a set of tasks can't be joined or compared with one of another workflow";
    assert_eq!(told.matches(sentence).count(), 3, "{told}");
    assert!(told.contains("tests/it/language.rs:"), "{told}");
}

#[test]
fn a_set_begins_with_none_and_is_gone_through() {
    let mut wf = Tool::new("test").workflow("none");
    let mut all = TaskSet::default();
    wf.add(Command::new("true").upstream(&all));
    wf.check().unwrap();
    let mut lost = Tool::new("test").workflow("lost");
    lost.add(Command::new("true").upstream(all.one(|prep: &Prep| prep.year == 1990)));
    assert!(lost.check().is_err(), "a task of no workflow is told");
    assert!(all.is_empty() && all.union(&all).is_empty() && all.intersection(&all).is_empty());
    let preps = wf.add_all(grid!(Prep { year in 1990..1995 }));
    assert_eq!((preps.union(&all).len(), preps.difference(&all).len(), all.intersection(&preps).len()), (5, 5, 0));
    all.extend(&preps);
    all.extend(&preps);
    let mut years = Vec::new();
    for (task, prep) in &all {
        wf.add(Command::new("true").node_arg("year", prep.year).upstream(task));
        years.push(prep.year);
    }
    assert_eq!(years, [1990, 1991, 1992, 1993, 1994]);
    assert_eq!(wf.graph().edge_count(), 5);
    assert!(wf.check().is_ok());
}
