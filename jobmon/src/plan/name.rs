//! The names that tasks have where nobody gives them one.

use crate::digest::Digester;
use crate::id::TaskId;
use crate::model::{ArgText, Role};
use crate::plan::data::PlanData;
use crate::plan::template::Recipe;
use jobmon_syntax::quote;
use std::fmt::Write as _;

/// The longest name, in bytes.
pub(crate) const LONGEST: usize = 255;

/// The template's name and the node arguments: `fit location=3 year=1990`; a command without node arguments is named
/// by its words. Equal names mean equal node arguments.
pub(crate) fn default_name(plan: &PlanData, task: TaskId) -> String {
    let template = plan.template(task);
    let mut name = template.name.clone().into_owned();
    for (arg, value) in plan.args(task, Role::Node) {
        push_arg(&mut name, arg, &value);
    }
    if matches!(template.recipe, Recipe::Words) && !template.args.iter().any(|arg| arg.role == Role::Node) {
        name = plan.render(task).map_or(name, |rendered| quote::quote_argv(&rendered.argv));
    }
    shorten(name)
}

fn push_arg(name: &mut String, arg: &str, value: &ArgText<'_>) {
    let written = match value {
        ArgText::Absent => Ok(()),
        ArgText::One(text) => write!(name, " {arg}={}", quote::quote(text)),
        ArgText::Flag(flag) => write!(name, " {arg}={flag}"),
        ArgText::Many(texts) => {
            let texts: Vec<_> = texts.iter().map(|text| quote::quote(text)).collect();
            write!(name, " {arg}=({})", texts.join(" "))
        }
    };
    written.expect("writing to a string cannot fail");
}

/// A name that fits: what is too long ends in a hash of the whole.
fn shorten(name: String) -> String {
    if name.len() <= LONGEST && !name.contains(char::is_control) {
        return name;
    }
    let mut digester = Digester::new("jobmon task name 1");
    digester.text(&name);
    let hash = digester.finish().to_string();
    let tail = &hash[..16];
    let mut short: String = name.replace(char::is_control, " ");
    short.truncate(short.floor_char_boundary(LONGEST - 1 - tail.len()));
    format!("{short}~{tail}")
}
