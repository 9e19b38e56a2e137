//! What is no mistake, but may not be meant.

use crate::config::Machine;
use crate::id::{TaskId, TemplateId};
use crate::model::Cluster;
use crate::plan::settled::{Ask, Settled};
use std::collections::BTreeMap;

/// What people should know of a plan before it runs.
pub(crate) fn notes(plan: &Settled, there_is: &Machine) -> Vec<String> {
    let mut notes = plan.configuration().notes(&plan.tool, &plan.name);
    notes.extend(too_many_cores(plan, there_is));
    notes
}

/// Who asks for more cores than there are, once for each template and number.
fn too_many_cores(plan: &Settled, there_is: &Machine) -> Vec<String> {
    if !plan.asks().iter().any(|ask| asks_for_too_many(ask, there_is)) {
        return Vec::new();
    }
    let mut told: BTreeMap<(TemplateId, u32), (TaskId, usize)> = BTreeMap::new();
    for task in plan.task_ids() {
        let ask = plan.ask(task);
        if asks_for_too_many(ask, there_is) {
            let key = (plan.tasks[task.index()].template, ask.request.resources.cores);
            told.entry(key).or_insert((task, 0)).1 += 1;
        }
    }
    let note = |((_, cores), (task, count)): (_, (TaskId, usize))| {
        let others = match count {
            1 => String::new(),
            2 => ", as 1 more task of its template does".to_owned(),
            count => format!(", as {} more tasks of its template do", count - 1),
        };
        format!("`{}` {}{others}", plan.task_name(task), asks_for_cores(cores, there_is))
    };
    told.into_iter().map(note).collect()
}

/// What a task is told that asks for more cores than there are.
pub(crate) fn note_on_cores(ask: &Ask, there_is: &Machine) -> Option<String> {
    let cores = ask.request.resources.cores;
    asks_for_too_many(ask, there_is).then(|| format!("it {}", asks_for_cores(cores, there_is)))
}

/// On other clusters this machine's cores mean nothing.
fn asks_for_too_many(ask: &Ask, there_is: &Machine) -> bool {
    ask.cluster == Cluster::LOCAL && ask.request.resources.cores > there_is.cores
}

fn asks_for_cores(cores: u32, there_is: &Machine) -> String {
    match there_is.cores {
        1 => format!("asks for {cores} cores and gets the one that there is"),
        all => format!("asks for {cores} cores and gets the {all} that there are"),
    }
}
