//! What the process's environment says.

use crate::units::Memory;
use std::ffi::OsString;
use std::path::PathBuf;

/// What is read from the environment, once, at the start of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `JOBMON_HOME`: the state directory.
    pub home: Option<PathBuf>,
    /// `JOBMON_CONFIG`: the file of settings, or `none`.
    pub config: Option<PathBuf>,
    /// Where a user's configuration is: `XDG_CONFIG_HOME`, else `.config` of the home directory.
    pub config_home: Option<PathBuf>,
    /// The variables `JOBMON_SET_..`, in the order of their names.
    pub settings: Vec<(String, String)>,
    /// The cores that this process was granted, where it is a task of another workflow.
    pub granted_cores: Option<u32>,
    /// The memory that this process was granted, where it is a task of another workflow.
    pub granted_memory: Option<Memory>,
    /// Whether a terminal may be drawn on: neither `NO_COLOR` nor a `TERM` that is missing or `dumb` says no.
    pub may_draw: bool,
    /// Who the user is, for the record.
    pub user: Option<String>,
    /// `JOBMON_HOST`: the name of this machine, where the kernel's is not its own or does not last, as in containers.
    pub host: Option<String>,
}

impl Environment {
    /// The variables that are set for each task. A driver that is itself a task does not hand its own ones on.
    pub const OF_TASKS: [&'static str; 10] = [
        "JOBMON_WORKFLOW_ID",
        "JOBMON_WORKFLOW_RUN_ID",
        "JOBMON_RUN_TOKEN",
        "JOBMON_TASK_ID",
        "JOBMON_TASK_INSTANCE_ID",
        "JOBMON_TASK_NAME",
        "JOBMON_ATTEMPT",
        "JOBMON_CORES",
        "JOBMON_MEMORY_BYTES",
        "JOBMON_RUNTIME_SECONDS",
    ];

    /// Reads the environment of this process.
    pub fn read() -> Self {
        let mut settings: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .filter(|(name, value)| name.starts_with("JOBMON_SET_") && !value.is_empty())
            .collect();
        settings.sort();
        Self { settings, ..Self::of(|name| std::env::var_os(name)) }
    }

    /// `JOBMON_SEED` and `JOBMON_SEEDS`: what a test is to try that tries many seeds.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn seeds() -> (Option<String>, Option<String>) {
        let text = |name: &str| std::env::var_os(name)?.into_string().ok().filter(|text| !text.is_empty());
        (text("JOBMON_SEED"), text("JOBMON_SEEDS"))
    }

    /// Reads an environment by looking names up; the variables `JOBMON_SET_..` are left out.
    pub fn of(look_up: impl Fn(&str) -> Option<OsString>) -> Self {
        let text = |name| look_up(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty());
        // Only within a task do the grants of a task mean anything.
        let in_task = text("JOBMON_TASK_INSTANCE_ID").is_some();
        let cores = text("JOBMON_CORES").and_then(|cores| cores.parse().ok());
        let memory = text("JOBMON_MEMORY_BYTES").and_then(|bytes| bytes.parse().ok());
        Self {
            config: look_up("JOBMON_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from),
            config_home: config_home(&look_up),
            settings: Vec::new(),
            home: look_up("JOBMON_HOME").filter(|home| !home.is_empty()).map(PathBuf::from),
            granted_cores: cores.filter(|cores| in_task && *cores > 0),
            granted_memory: memory.filter(|bytes| in_task && *bytes > 0).map(Memory::from_bytes),
            may_draw: text("NO_COLOR").is_none() && text("TERM").is_some_and(|term| term != "dumb"),
            user: text("USER").or_else(|| text("LOGNAME")),
            host: text("JOBMON_HOST"),
        }
    }
}

/// A path that is not absolute means nothing, says the specification.
fn config_home(look_up: &impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| look_up(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Environment {
        Environment::of(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn what_a_task_was_granted_counts_within_a_task_only() {
        assert_eq!(read(&[("JOBMON_CORES", "3")]).granted_cores, None);
        assert_eq!(read(&[("JOBMON_CORES", "3"), ("JOBMON_TASK_INSTANCE_ID", "7")]).granted_cores, Some(3));
        assert_eq!(read(&[("JOBMON_CORES", "many"), ("JOBMON_TASK_INSTANCE_ID", "7")]).granted_cores, None);
    }

    #[test]
    fn a_terminal_that_can_do_nothing_is_not_drawn_on() {
        assert!(read(&[("TERM", "xterm"), ("NO_COLOR", "")]).may_draw);
        assert!(!read(&[]).may_draw);
        assert!(!read(&[("TERM", "dumb")]).may_draw);
        assert!(!read(&[("TERM", "xterm"), ("NO_COLOR", "1")]).may_draw);
    }

    #[test]
    fn an_empty_home_is_none() {
        assert_eq!(read(&[("JOBMON_HOME", "")]).home, None);
        assert_eq!(read(&[("JOBMON_HOME", "/x")]).home, Some("/x".into()));
    }
}
