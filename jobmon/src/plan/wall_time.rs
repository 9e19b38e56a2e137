//! What a length of time can be said as.

use crate::units::{UnitError, WallTime};
use std::borrow::Cow;
use std::fmt::Arguments;
use std::time::Duration;

/// A length of time: a text such as `"1h30m"`, a [`WallTime`], or a [`Duration`], of which a part of a second counts as a
/// whole one.
///
/// ```
/// use jobmon::prelude::*;
/// use std::time::Duration;
///
/// let mut wf = Tool::new("demo").workflow("w");
/// let fit = wf.add(Command::new("fit").runtime(Duration::from_millis(89_500)));
/// assert_eq!(wf.explain(fit)?.value("runtime"), "1m30s");
/// # Ok::<(), jobmon::plan::PlanErrors>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no length of time",
    label = "neither a text with a unit nor a `Duration`",
    note = "write it as \"90m\", \"1h30m\" or \"01:30:00\", or give a `Duration` or a `WallTime`"
)]
pub trait IntoWallTime {
    /// The time, or what is wrong with the text.
    ///
    /// # Errors
    ///
    /// Where the text is no length of time, or there is none of it.
    fn wall_time(&self) -> Result<WallTime, UnitError>;
}

macro_rules! texts {
    ($($ty:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl IntoWallTime for $ty {
            fn wall_time(&self) -> Result<WallTime, UnitError> {
                self.to_string().parse()
            }
        }
    )*};
}
texts!(str, String, Cow<'_, str>, Arguments<'_>);

#[diagnostic::do_not_recommend]
impl<T: IntoWallTime + ?Sized> IntoWallTime for &T {
    fn wall_time(&self) -> Result<WallTime, UnitError> {
        (**self).wall_time()
    }
}

#[diagnostic::do_not_recommend]
impl IntoWallTime for WallTime {
    fn wall_time(&self) -> Result<WallTime, UnitError> {
        // None at all is told as in a text.
        self.to_string().parse()
    }
}

#[diagnostic::do_not_recommend]
impl IntoWallTime for Duration {
    fn wall_time(&self) -> Result<WallTime, UnitError> {
        let more = u64::from(self.subsec_nanos() > 0);
        WallTime::from_seconds(self.as_secs().saturating_add(more)).wall_time()
    }
}
