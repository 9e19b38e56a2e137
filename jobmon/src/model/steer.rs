//! What a run may be asked from outside while it lasts.

/// What a run may be asked from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Steer {
    /// Start nothing new and let finish what runs.
    Drain,
    /// End what runs: TERM, and after the grace period KILL.
    Stop,
    /// End what runs by KILL.
    StopNow,
    /// Start nothing new until it is unpaused.
    Pause,
    /// Go on as before the pause.
    Unpause,
    /// Let so many tasks run at once: 0 starts nothing, `None` leaves it to the machine.
    Limit(Option<u32>),
    /// Let so many tasks of the templates of this name run at once.
    LimitTemplate {
        /// The name.
        template: String,
        /// So many: 0 starts none, `None` leaves it to the other limits.
        tasks: Option<u32>,
    },
}

/// How many tasks of a workflow may run at once; `None` leaves it to the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u32>);

impl Steer {
    /// The word in the database.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Drain => "DRAIN",
            Self::Stop => "STOP",
            Self::StopNow => "STOP_NOW",
            Self::Pause => "PAUSE",
            Self::Unpause => "UNPAUSE",
            Self::Limit(_) => "LIMIT",
            Self::LimitTemplate { .. } => "LIMIT_TEMPLATE",
        }
    }

    /// With what, as the database has it: the number, before the template's name where there is one; no number is `-`.
    pub fn argument(&self) -> Option<String> {
        let number = |tasks: &Option<u32>| tasks.map_or_else(|| "-".to_owned(), |tasks| tasks.to_string());
        match self {
            Self::Drain | Self::Stop | Self::StopNow | Self::Pause | Self::Unpause => None,
            Self::Limit(tasks) => Some(number(tasks)),
            Self::LimitTemplate { template, tasks } => Some(format!("{} {template}", number(tasks))),
        }
    }

    /// What a row of the database asks; `None` where that makes no sense, or is of a newer jobmon.
    pub fn of(word: &str, argument: Option<&str>) -> Option<Self> {
        let number = |text: &str| if text == "-" { Some(None) } else { text.parse().ok().map(Some) };
        Some(match (word, argument) {
            ("DRAIN", None) => Self::Drain,
            ("STOP", None) => Self::Stop,
            ("STOP_NOW", None) => Self::StopNow,
            ("PAUSE", None) => Self::Pause,
            ("UNPAUSE", None) => Self::Unpause,
            ("LIMIT", Some(tasks)) => Self::Limit(number(tasks)?),
            ("LIMIT_TEMPLATE", Some(argument)) => {
                let (tasks, template) = argument.split_once(' ')?;
                Self::LimitTemplate { template: template.to_owned(), tasks: number(tasks)? }
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let template = || "a b".to_owned();
        let all = [
            Steer::Drain,
            Steer::Stop,
            Steer::StopNow,
            Steer::Pause,
            Steer::Unpause,
            Steer::Limit(Some(0)),
            Steer::Limit(None),
            Steer::LimitTemplate { template: template(), tasks: Some(7) },
            Steer::LimitTemplate { template: template(), tasks: None },
        ];
        for steer in all {
            let read = Steer::of(steer.word(), steer.argument().as_deref());
            assert_eq!(read, Some(steer));
        }
        for (word, argument) in [("LIMIT", Some("-1")), ("LIMIT", None), ("STOP", Some("x")), ("FLY", None)] {
            assert_eq!(Steer::of(word, argument), None, "{word} {argument:?}");
        }
    }
}
