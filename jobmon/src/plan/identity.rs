//! What makes a task the same task in another run.

use crate::digest::{Digest, Digester};
use crate::id::TaskId;
use crate::model::{ArgText, Role, flag_text};
use crate::plan::data::PlanData;

/// The identity of a task: tool, template, version, and node and task arguments in order of name. Absent values are left
/// out, so that an optional argument can be added to a template later and its tasks stay what they are.
pub(crate) fn identity(plan: &PlanData, task: TaskId) -> Digest {
    let template = plan.template(task);
    let mut digester = Digester::new("jobmon task 1");
    digester.text(&plan.tool);
    digester.text(&template.name);
    digester.number(u64::from(template.version));
    let mut args: Vec<(&str, ArgText<'_>)> = plan.args(task, Role::Node).chain(plan.args(task, Role::Task)).collect();
    args.sort_unstable_by_key(|(name, _)| *name);
    for (name, value) in args {
        digest_value(&mut digester, name, &value);
    }
    digester.finish()
}

/// The kinds of values are numbered: one text and a list of that one text are two things.
fn digest_value(digester: &mut Digester, name: &str, value: &ArgText<'_>) {
    let mut put = |kind, texts: &[&str]| {
        digester.text(name);
        digester.number(kind);
        digester.number(texts.len() as u64);
        texts.iter().for_each(|text| digester.text(text));
    };
    match value {
        ArgText::Absent => {}
        ArgText::One(text) => put(1, &[text]),
        ArgText::Flag(flag) => put(1, &[flag_text(*flag)]),
        ArgText::Many(texts) => put(2, texts),
    }
}
