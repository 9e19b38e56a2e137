//! Which tasks are meant.

use crate::model::TaskState;
use crate::store::TaskFilter;
use std::fmt::{self, Display};

/// Some tasks of a workflow: by their numbers in the state file, their name, their template, or all of them.
///
/// ```
/// use jobmon::control::Tasks;
/// use jobmon::model::TaskState;
/// let one = Tasks::named("fit year=1990");
/// let some = Tasks::of_template("fit").node_arg("year", 1990).in_state(TaskState::Failed);
/// assert_eq!(some.to_string(), "of `fit` with year=1990 that is FAILED");
/// # let _ = one;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tasks {
    pub(super) filter: TaskFilter,
}

impl Tasks {
    /// All tasks.
    ///
    /// ```
    /// use jobmon::control::Tasks;
    /// let all = Tasks::all();
    /// # let _ = all;
    /// ```
    pub fn all() -> Self {
        Self { filter: TaskFilter::default() }
    }

    /// The task of this name.
    ///
    /// ```
    /// use jobmon::control::Tasks;
    /// let report = Tasks::named("report");
    /// # let _ = report;
    /// ```
    pub fn named(name: impl Into<String>) -> Self {
        Self { filter: TaskFilter { name: Some(name.into()), ..TaskFilter::default() } }
    }

    /// The tasks with these numbers: `task.id` in the state file, `JOBMON_TASK_ID` for the task itself.
    ///
    /// ```
    /// use jobmon::control::Tasks;
    /// let two = Tasks::numbered([17, 18]);
    /// # let _ = two;
    /// ```
    pub fn numbered(numbers: impl IntoIterator<Item = i64>) -> Self {
        Self { filter: TaskFilter { ids: Some(numbers.into_iter().collect()), ..TaskFilter::default() } }
    }

    /// The tasks of templates of this name, of all versions.
    ///
    /// ```
    /// use jobmon::control::Tasks;
    /// let fits = Tasks::of_template("fit");
    /// # let _ = fits;
    /// ```
    pub fn of_template(name: impl Into<String>) -> Self {
        Self { filter: TaskFilter { template: Some(name.into()), ..TaskFilter::default() } }
    }

    /// Of those only the ones whose node argument has this text. Said of several arguments, all must agree.
    ///
    /// ```
    /// use jobmon::control::Tasks;
    /// let fits = Tasks::of_template("fit").node_arg("year", 1990).node_arg("sex", "female");
    /// # let _ = fits;
    /// ```
    #[must_use]
    pub fn node_arg(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.filter.node_args.push((name.into(), value.to_string()));
        self
    }

    /// Of those only the ones that are in this state.
    ///
    /// ```
    /// use jobmon::control::Tasks;
    /// use jobmon::model::TaskState;
    /// let failed = Tasks::all().in_state(TaskState::Failed);
    /// # let _ = failed;
    /// ```
    #[must_use]
    pub fn in_state(mut self, state: TaskState) -> Self {
        self.filter.state = Some(state);
        self
    }
}

/// As it follows "a task".
impl Display for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TaskFilter { ids, name, template, node_args, state } = &self.filter;
        let numbers = |ids: &Vec<i64>| {
            let more = if ids.len() > 5 { ", .." } else { "" };
            let ids: Vec<String> = ids.iter().take(5).map(i64::to_string).collect();
            format!("with the number {}{more}", ids.join(", "))
        };
        let args: Vec<String> = node_args.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let parts = [
            name.as_ref().map(|name| format!("`{name}`")),
            ids.as_ref().map(numbers),
            template.as_ref().map(|template| format!("of `{template}`")),
            (!args.is_empty()).then(|| format!("with {}", args.join(", "))),
            state.map(|state| format!("that is {state}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(if parts.is_empty() { "at all" } else { "" })?;
        f.write_str(&parts.join(" "))
    }
}
