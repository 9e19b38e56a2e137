//! What users see: real processes, real files, a real database.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by where it panics")]
#![expect(clippy::disallowed_methods, reason = "tests start programs and look at clocks")]

mod arguments;
mod asking;
mod by_hand;
mod changes;
mod control;
mod course;
mod crash_matrix;
mod crashes;
mod disk;
mod docs;
mod edges;
mod exhaustion;
mod failures;
mod fits;
mod hand_over;
mod language;
mod last_words;
mod lease;
mod leftovers;
mod mending;
mod mistakes;
mod neighbours;
mod options;
mod order;
mod outputs;
mod power_loss;
mod process;
mod renewal;
mod resources;
mod resume;
mod retries;
mod run;
mod settings;
mod signals;
mod simulated;
mod state_file;
mod suggestions;
mod support;
mod terminal;
mod unread;
mod usage;
