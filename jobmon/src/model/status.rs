//! Where a task, an attempt, a workflow and a run can be, and the moves between.
#![warn(clippy::wildcard_enum_match_arm)]

use crate::id::{AttemptId, TaskId};
use crate::model::Failure;
use std::fmt;

/// Where a task is, with what belongs to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskStatus {
    /// Waits for its upstreams.
    Registered,
    /// All upstreams are done; waits for its turn.
    Queued,
    /// The intent of an attempt is on its way to the database, or the attempt on its way to a process.
    Launched {
        /// The attempt.
        attempt: AttemptId,
    },
    /// An attempt runs.
    Running {
        /// The attempt.
        attempt: AttemptId,
    },
    /// An attempt succeeded.
    Done,
    /// It failed for good.
    Failed {
        /// Why its last attempt failed.
        last: Failure,
    },
    /// It cannot run in this run.
    Skipped {
        /// The failed task that it needs, directly or not, or the canary of one that it needs.
        because: TaskId,
    },
    /// The run stopped first.
    Cancelled,
}

impl TaskStatus {
    /// The state without its data.
    pub const fn state(&self) -> TaskState {
        match self {
            Self::Registered => TaskState::Registered,
            Self::Queued => TaskState::Queued,
            Self::Launched { .. } => TaskState::Launched,
            Self::Running { .. } => TaskState::Running,
            Self::Done => TaskState::Done,
            Self::Failed { .. } => TaskState::Failed,
            Self::Skipped { .. } => TaskState::Skipped,
            Self::Cancelled => TaskState::Cancelled,
        }
    }
}

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("use jobmon::model::", stringify!($name), ";")]
        #[doc = concat!("assert_eq!(", stringify!($name), "::Done.to_string(), \"DONE\");")]
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All states, in the order of a life.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in the database.
            ///
            /// ```
            #[doc = concat!("use jobmon::model::", stringify!($name), ";")]
            #[doc = concat!("assert_eq!(", stringify!($name), "::Running.word(), \"RUNNING\");")]
            /// ```
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The state of a word in the database.
            ///
            /// ```
            #[doc = concat!("use jobmon::model::", stringify!($name), ";")]
            #[doc = concat!("assert_eq!(", stringify!($name), "::of_word(\"DONE\"), Some(", stringify!($name), "::Done));")]
            /// ```
            pub fn of_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

states! {
    /// Where a task is.
    TaskState {
        /// Waits for its upstreams.
        Registered = "REGISTERED",
        /// Waits for its turn.
        Queued = "QUEUED",
        /// Is being started.
        Launched = "LAUNCHED",
        /// Runs.
        Running = "RUNNING",
        /// Succeeded.
        Done = "DONE",
        /// Failed for good.
        Failed = "FAILED",
        /// Needs a task that did not succeed.
        Skipped = "SKIPPED",
        /// The run ended first, or was not to start it.
        Cancelled = "CANCELLED",
    }
}

states! {
    /// Where an attempt at a task is.
    AttemptState {
        /// It is to be started: nothing of it exists yet.
        Launching = "LAUNCHING",
        /// It exists.
        Launched = "LAUNCHED",
        /// It reported that it runs.
        Running = "RUNNING",
        /// It succeeded.
        Done = "DONE",
        /// It failed.
        Failed = "FAILED",
        /// Nobody saw how it ended.
        Lost = "LOST",
        /// It was ended, or never started, because the run stopped.
        Cancelled = "CANCELLED",
    }
}

states! {
    /// Where a workflow is.
    WorkflowState {
        /// It was written down; no run has begun.
        Registered = "REGISTERED",
        /// A run is under way, or died without a word.
        Running = "RUNNING",
        /// All tasks are done.
        Done = "DONE",
        /// A task failed for good, or the time of the run was over.
        Failed = "FAILED",
        /// It was stopped.
        Stopped = "STOPPED",
    }
}

states! {
    /// Where a run of a workflow is.
    RunState {
        /// It was written down.
        Registered = "REGISTERED",
        /// It is under way.
        Running = "RUNNING",
        /// All tasks are done.
        Done = "DONE",
        /// A task failed for good, or the time of the run was over.
        Failed = "FAILED",
        /// It was stopped.
        Stopped = "STOPPED",
        /// It died without a word.
        Lost = "LOST",
    }
}

impl TaskState {
    /// The moves that a task makes within a run.
    pub const MOVES: &'static [(Self, Self, &'static str)] = &[
        (Self::Registered, Self::Queued, "all upstreams are done"),
        (Self::Registered, Self::Skipped, "an upstream failed, was skipped or cancelled"),
        (Self::Registered, Self::Cancelled, "the run ends first, or the canary of its template failed"),
        (Self::Queued, Self::Launched, "the intent of an attempt is recorded"),
        (Self::Queued, Self::Failed, "it cannot be started at all"),
        (Self::Queued, Self::Cancelled, "the run ends first, or the canary of its template failed"),
        (Self::Launched, Self::Running, "the attempt reports that it runs"),
        (Self::Launched, Self::Queued, "the attempt failed and there is another"),
        (Self::Launched, Self::Done, "the attempt succeeded before it was seen running"),
        (Self::Launched, Self::Failed, "the last attempt failed"),
        (Self::Launched, Self::Cancelled, "the run stops"),
        (Self::Running, Self::Queued, "the attempt failed and there is another"),
        (Self::Running, Self::Done, "the attempt succeeded"),
        (Self::Running, Self::Failed, "the last attempt failed"),
        (Self::Running, Self::Cancelled, "the run stops"),
    ];

    /// The moves of a task between runs: when the next run of its workflow begins, and by hand
    /// ([`Control`](crate::control::Control)).
    pub const MOVES_BETWEEN_RUNS: &'static [(Self, Self, &'static str)] = &[
        (Self::Queued, Self::Registered, "it is resumed, or reset by hand"),
        (Self::Launched, Self::Registered, "it is resumed after its driver died, or reset by hand"),
        (Self::Running, Self::Registered, "it is resumed after its driver died, or reset by hand"),
        (Self::Failed, Self::Registered, "it is resumed, or reset by hand"),
        (Self::Skipped, Self::Registered, "it is resumed, or reset by hand"),
        (Self::Cancelled, Self::Registered, "it is resumed, or reset by hand"),
        (
            Self::Done,
            Self::Registered,
            "by `accept_changes`: it hangs on a task that is new or waits for others; or by hand: it, or one that it needs, is reset",
        ),
        (Self::Registered, Self::Done, "it is set done by hand"),
        (Self::Queued, Self::Done, "it is set done by hand"),
        (Self::Launched, Self::Done, "it is set done by hand"),
        (Self::Running, Self::Done, "it is set done by hand"),
        (Self::Failed, Self::Done, "it is set done by hand"),
        (Self::Skipped, Self::Done, "it is set done by hand"),
        (Self::Cancelled, Self::Done, "it is set done by hand"),
    ];

    /// Whether a task can go from here to there within a run.
    ///
    /// ```
    /// use jobmon::model::TaskState;
    /// assert!(!TaskState::Done.may_become(TaskState::Running)); // what is done never runs again
    /// ```
    pub fn may_become(self, next: Self) -> bool {
        Self::MOVES.iter().any(|(from, to, _)| (*from, *to) == (self, next))
    }

    /// Whether a run leaves a task here for good.
    ///
    /// ```
    /// use jobmon::model::TaskState;
    /// assert!(TaskState::Skipped.is_final() && !TaskState::Queued.is_final());
    /// ```
    pub const fn is_final(self) -> bool {
        match self {
            Self::Done | Self::Failed | Self::Skipped | Self::Cancelled => true,
            Self::Registered | Self::Queued | Self::Launched | Self::Running => false,
        }
    }
}

impl AttemptState {
    /// The moves of an attempt.
    pub const MOVES: &'static [(Self, Self, &'static str)] = &[
        (Self::Launching, Self::Launched, "its process or job exists"),
        (Self::Launching, Self::Running, "its process exists, which is its report on this machine"),
        (Self::Launching, Self::Done, "it succeeded before anything else was reported"),
        (Self::Launching, Self::Failed, "it could not be started, or failed before anything else was reported"),
        (Self::Launching, Self::Lost, "nobody saw how it ended"),
        (Self::Launching, Self::Cancelled, "it never started, or was ended"),
        (Self::Launched, Self::Running, "it reported"),
        (Self::Launched, Self::Done, "it succeeded"),
        (Self::Launched, Self::Failed, "it failed"),
        (Self::Launched, Self::Lost, "nobody saw how it ended"),
        (Self::Launched, Self::Cancelled, "it was ended"),
        (Self::Running, Self::Done, "it succeeded"),
        (Self::Running, Self::Failed, "it failed"),
        (Self::Running, Self::Lost, "nobody saw how it ended"),
        (Self::Running, Self::Cancelled, "it was ended"),
    ];
}

impl WorkflowState {
    /// The moves of a workflow; within a run or at the start of the next.
    pub const MOVES: &'static [(Self, Self, &'static str)] = &[
        (Self::Registered, Self::Running, "a run begins"),
        (Self::Running, Self::Done, "all tasks are done"),
        (Self::Running, Self::Failed, "nothing more can or may run and a task failed, or its time is over"),
        (Self::Running, Self::Stopped, "the run was stopped"),
        (Self::Failed, Self::Running, "it is resumed"),
        (Self::Stopped, Self::Running, "it is resumed"),
        (Self::Failed, Self::Done, "the rest of its tasks is set done by hand"),
        (Self::Stopped, Self::Done, "the rest of its tasks is set done by hand"),
        (Self::Done, Self::Stopped, "tasks of it are reset by hand"),
        (Self::Done, Self::Running, "changed tasks are taken over"),
    ];
}

impl RunState {
    /// The moves of a run.
    pub const MOVES: &'static [(Self, Self, &'static str)] = &[
        (Self::Registered, Self::Running, "the driver has begun"),
        (Self::Registered, Self::Lost, "a later run finds that the driver died"),
        (Self::Running, Self::Done, "all tasks are done"),
        (Self::Running, Self::Failed, "nothing more can or may run and a task failed, or its time is over"),
        (Self::Running, Self::Stopped, "it was stopped"),
        (Self::Running, Self::Lost, "a later run finds that the driver died"),
    ];
}
