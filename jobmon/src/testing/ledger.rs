//! Where a simulated run writes down what happens.

use crate::store::{Entry, Journal, StoreError, Written};

/// The state file, or nothing but the count of what would be in it.
#[derive(Debug)]
pub(super) enum Ledger {
    File(Box<Journal>),
    Count { records: u64, attempts: i64 },
}

impl Ledger {
    pub(super) fn write(&mut self, entries: &[Entry]) -> Result<Vec<Written>, StoreError> {
        let (records, attempts) = match self {
            Self::File(journal) => return journal.write(entries),
            Self::Count { records, attempts } => (records, attempts),
        };
        let before = *records;
        let mut told = Vec::new();
        for entry in entries {
            match entry {
                Entry::Records(more) => *records += more.len() as u64,
                Entry::AttemptIds(count) => {
                    told.push(Written::AttemptIds(*attempts..*attempts + i64::from(*count)));
                    *attempts += i64::from(*count);
                }
                Entry::Heartbeat(_) | Entry::Answer(_) | Entry::End { .. } => {}
            }
        }
        if *records > before {
            told.push(Written::Durable(*records));
        }
        Ok(told)
    }

    /// How many records were written.
    pub(super) const fn records(&self) -> u64 {
        match self {
            Self::File(journal) => journal.records(),
            Self::Count { records, .. } => *records,
        }
    }

    /// The driver died: a file is left as a killed process leaves it.
    pub(super) fn abandon(self) {
        match self {
            Self::File(journal) => journal.abandon(),
            Self::Count { .. } => {}
        }
    }
}
