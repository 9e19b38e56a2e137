//! A run that cannot write what happens, since there is no room for it.

use crate::engine::Event;
use crate::run::driver::Driver;
use crate::store::StoreError;

impl Driver {
    /// Nothing new starts, since its intent could not be written; what runs goes on, and what it does is kept in memory.
    pub(super) fn on_no_room(&mut self, error: StoreError) -> Event {
        if let StoreError::NoRoom { path, want, .. } = &error {
            self.reporter.note(&format_args!(
                "the state file {} cannot be written: {want}. Nothing new starts, the running tasks go on, and what happens is \
                 written as soon as there is room: make some, or end the run by Ctrl-C",
                path.display()
            ));
        }
        self.unwritten = Some(error);
        Event::Hold(true)
    }

    /// What waited is written.
    pub(super) fn on_room(&mut self) -> Event {
        self.unwritten = None;
        self.reporter.note(&"the state file can be written again: the run goes on");
        Event::Hold(false)
    }

    /// Somebody wants the run to end, nothing runs any more, and there is still no room: the keeper writes down, if it can,
    /// what is not on record.
    pub(super) fn leave_unwritten(&mut self) {
        if self.steering.leaves
            && self.engine.is_ending()
            && let Some(error) = self.unwritten.take()
        {
            let event = self.on_broken(error);
            self.follow_ups.push_back(event);
        }
    }
}
