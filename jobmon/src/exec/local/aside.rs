//! What blocks is done aside, so that the user's runtime is not held up.

use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Does `work` in a thread of its own; where there is no thread to be had, here.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = oneshot::channel();
    let all = move || {
        // Who does not wait any more has no use for the result.
        done.send(work()).ok();
    };
    // Shared, since what a thread that could not be started was to do is lost otherwise.
    let shared = Arc::new(Mutex::new(Some(all)));
    let take = |shared: &Mutex<Option<_>>| shared.lock().unwrap_or_else(PoisonError::into_inner).take();
    let for_thread = Arc::clone(&shared);
    let thread = std::thread::Builder::new().name("jobmon-aside".to_owned());
    let started = thread.spawn(move || {
        if let Some(all) = take(&for_thread) {
            all();
        }
    });
    if started.is_err()
        && let Some(all) = take(&shared)
    {
        all();
    }
    result.await.ok()
}

#[cfg(test)]
mod tests {
    use super::aside;

    #[tokio::test]
    async fn it_is_done_once_and_in_another_thread() {
        let here = std::thread::current().id();
        assert_ne!(aside(|| std::thread::current().id()).await, Some(here));
    }
}
