//! How attempts end, and what is told of it.

use super::rig::Rig;
use crate::model::{Failure, Verdict};

#[tokio::test]
async fn a_program_that_does_nothing_is_done_and_the_executor_closes() {
    let mut rig = Rig::new(1).await;
    let launch = rig.order(&["/bin/true"]);
    let ending = rig.run(launch).await;
    assert_eq!(ending.verdict, Verdict::Done);
    assert_eq!(ending.strays, []);
    rig.close().await;
}
