//! What can be said of a workflow without a run.

use crate::config::{Environment, Machine};
use crate::id::TaskId;
use crate::plan::{Identities, PlanData, PlanErrors, Workflow};
use jobmon_syntax::quote;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// The command of each task, as it could be typed into a shell: a text for snapshots.
///
/// # Errors
/// All mistakes of the workflow, as [`Workflow::check`] tells them. With the memory of this machine nothing is compared, so that the
/// test of a workflow for a large machine passes on a small one.
///
/// ```
/// use jobmon::prelude::*;
///
/// #[task_template(command = "fit --year {year} [--draws {draws}]", stdout = "{root}/fit_{year}.csv")]
/// struct Fit {
///     #[node_arg]
///     year: u16,
///     #[task_arg]
///     root: String,
///     #[op_arg]
///     draws: Option<u32>,
/// }
///
/// let mut wf = Tool::new("demo").workflow("w");
/// wf.add(Fit { year: 1990, root: "my results".to_owned(), draws: Some(100) });
/// wf.add(Fit { year: 1991, root: "my results".to_owned(), draws: None });
/// assert_eq!(
///     jobmon::testing::commands(&wf)?,
///     "fit year=1990: fit --year 1990 --draws 100 > 'my results/fit_1990.csv'\n\
///      fit year=1991: fit --year 1991 > 'my results/fit_1991.csv'"
/// );
/// # Ok::<(), jobmon::plan::PlanErrors>(())
/// ```
pub fn commands(workflow: &Workflow) -> Result<String, PlanErrors> {
    workflow.check_on(Machine { cores: u32::MAX, memory: None }, &Environment::read())?;
    let plan = workflow.plan();
    let line = |task: TaskId| {
        let command = match plan.render(task) {
            Ok(rendered) => {
                let file = |sign: &str, path: Option<std::path::PathBuf>| {
                    path.map_or(String::new(), |path| format!(" {sign} {}", quote::quote(&path.to_string_lossy())))
                };
                let env = rendered.env.iter().map(|(name, value)| format!("{name}={} ", quote::quote(value)));
                let env: String = env.collect();
                let argv = quote::quote_argv(&rendered.argv);
                format!("{env}{argv}{}{}", file(">", rendered.stdout), file("2>", rendered.stderr))
            }
            Err(reason) => format!("cannot be made: {reason}"),
        };
        format!("{}: {command}", plan.task_name(task))
    };
    Ok(plan.task_ids().map(line).collect::<Vec<_>>().join("\n"))
}

/// What each task waits for, in the order of adding: a text for snapshots. A set is shown by its first and its last task.
///
/// ```
/// use jobmon::prelude::*;
///
/// let mut wf = Tool::new("demo").workflow("w");
/// let prep = wf.add(Command::new("prep").template("prep"));
/// let fits = wf.add_all((1..=3).map(|id| Command::new("fit").template("fit").node_arg("id", id).upstream(prep)));
/// wf.add(Command::new("report").template("report").upstream(&fits).upstream(prep));
/// assert_eq!(
///     jobmon::testing::graph(&wf),
///     "prep\n\
///      fit id=1 <- prep\n\
///      fit id=2 <- prep\n\
///      fit id=3 <- prep\n\
///      report <- all 3 of fit id=1 .. fit id=3; prep"
/// );
/// ```
pub fn graph(workflow: &Workflow) -> String {
    let plan = workflow.plan();
    let mut late: BTreeMap<TaskId, Vec<_>> = BTreeMap::new();
    plan.late.iter().for_each(|(task, need)| late.entry(*task).or_default().push(*need));
    let mut text = String::new();
    for task in plan.task_ids() {
        if task.0 > 0 {
            text.push('\n');
        }
        text.push_str(&plan.task_name(task));
        let needs = plan.needs(task).iter().chain(late.get(&task).into_iter().flatten());
        for (at, need) in needs.enumerate() {
            text.push_str(if at == 0 { " <- " } else { "; " });
            let members = need.as_set().map_or(&[][..], |set| plan.sets[set.index()].members());
            match (need.as_task(), members) {
                (Some(upstream), _) => text.push_str(&plan.task_name(upstream)),
                (None, []) => text.push_str("an empty set"),
                (None, [only]) => text.push_str(&plan.task_name(*only)),
                (None, [first, .., last]) => {
                    let (first, last) = (plan.task_name(*first), plan.task_name(*last));
                    write!(text, "all {} of {first} .. {last}", members.len())
                        .expect("writing to a string cannot fail");
                }
            }
        }
    }
    text
}

/// What would run again if the program of a workflow that is done became another one, task by task: a text for snapshots, empty
/// where nothing would.
///
/// `+` is a task that is new, `-` one that is gone, `~` one that waits for other tasks than it did, and `>` one that hangs on such a
/// task. A changed command, other op arguments and other resources make nothing run again.
///
/// ```
/// use jobmon::prelude::*;
///
/// let of_years = |years: &[u16]| {
///     let mut wf = Tool::new("demo").workflow("w");
///     let years = years.iter().map(|year| Command::new("fit").template("fit").node_arg("year", *year));
///     let fits = wf.add_all(years);
///     let table = wf.add(Command::new("table").template("table").upstream(&fits));
///     wf.add(Command::new("plot").template("plot").upstream(table));
///     wf
/// };
/// assert_eq!(
///     jobmon::testing::diff(&of_years(&[1990, 1991]), &of_years(&[1991, 1992])),
///     "- fit year=1990\n+ fit year=1992\n~ table\n> plot"
/// );
/// assert_eq!(jobmon::testing::diff(&of_years(&[1990]), &of_years(&[1990])), "");
/// ```
pub fn diff(old: &Workflow, new: &Workflow) -> String {
    let (before, after) = (old.plan(), new.plan());
    let (known, wanted) = (Identities::of(before), Identities::of(after));
    let old_tasks: HashMap<_, TaskId> = before.task_ids().map(|task| (known.task(task), task)).collect();
    let new_tasks: HashMap<_, TaskId> = after.task_ids().map(|task| (wanted.task(task), task)).collect();
    let mut lines = Vec::new();
    let gone = before.task_ids().filter(|task| !new_tasks.contains_key(&known.task(*task)));
    lines.extend(gone.map(|task| format!("- {}", before.task_name(task))));
    let marks: Vec<Option<char>> = after
        .task_ids()
        .map(|task| match old_tasks.get(&wanted.task(task)) {
            None => Some('+'),
            Some(same) if known.upstreams(*same) != wanted.upstreams(task) => Some('~'),
            Some(_) => None,
        })
        .collect();
    let from = after.task_ids().filter(|task| marks[task.index()].is_some());
    let reached = after.graph().downstream_of(from.map(|task| task.0));
    lines.extend(after.task_ids().filter_map(|task| line(after, task, marks[task.index()], reached[task.index()])));
    lines.join("\n")
}

fn line(plan: &PlanData, task: TaskId, mark: Option<char>, reached: bool) -> Option<String> {
    let mark = mark.or(reached.then_some('>'))?;
    Some(format!("{mark} {}", plan.task_name(task)))
}
