//! The pipeline: a sample of each site, its mean, and one table of the means.

use jobmon::prelude::*;
use std::path::{Path, PathBuf};

/// Draws a sample of one site. Large sites need more memory than most, which is why it may grow.
#[task_template(
    command = "awk -v site={site} -f {scripts}/draw.awk",
    stdout = "{out}/draws_{site}.txt",
    memory = "1G",
    runtime = "10m",
    max_attempts = 4,
    scale(memory = 2.0)
)]
pub(crate) struct Draw {
    #[node_arg]
    pub(crate) site: u32,
    #[task_arg]
    out: PathBuf,
    #[op_arg]
    scripts: PathBuf,
}

/// Computes the mean of one site. It asks a license server, of which only two at once get an answer; it exits with 75
/// where the server is busy, which is nobody's fault.
#[task_template(
    command = "awk -f {scripts}/mean.awk {out}/draws_{site}.txt",
    stdout = "{out}/mean_{site}.txt",
    runtime = "5m",
    max_concurrently_running = 2,
    exit(75) = retry_without_spending
)]
pub(crate) struct Mean {
    #[node_arg]
    site: u32,
    #[task_arg]
    out: PathBuf,
    #[op_arg]
    scripts: PathBuf,
    #[upstream]
    draw: TaskRef<Draw>,
}

/// Makes one table of all means.
#[task_template(command = "awk -f {scripts}/table.awk {means}...", stdout = "{out}/table.txt")]
pub(crate) struct Table {
    /// The means are not what makes it another table: with one more site it is made again because it waits for one more task.
    #[op_arg]
    means: Vec<PathBuf>,
    #[task_arg]
    out: PathBuf,
    #[op_arg]
    scripts: PathBuf,
    #[upstream]
    all: TaskSet<Mean>,
}

/// The workflow, with the handles of what its tests ask for.
pub(crate) struct Pipeline {
    pub(crate) workflow: Workflow,
    pub(crate) draws: TaskSet<Draw>,
    pub(crate) table: TaskRef<Table>,
}

/// The pipeline for sites 1 to `sites`, which writes to `out`.
pub(crate) fn pipeline(sites: u32, out: &Path, scripts: &Path) -> Pipeline {
    let mut workflow = Tool::new("demo").workflow("means");
    let (out, scripts) = (out.to_owned(), scripts.to_owned());
    let draws = workflow.add_all(grid!(Draw { site in 1..=sites, out: out.clone(), scripts: scripts.clone() }));
    let of = draws.group_by(|draw| draw.site);
    let means = workflow.add_all((1..=sites).map(|site| Mean {
        site,
        out: out.clone(),
        scripts: scripts.clone(),
        draw: of.one(&site),
    }));
    let files = (1..=sites).map(|site| out.join(format!("mean_{site}.txt"))).collect();
    let table = workflow.add(Table { means: files, out, scripts, all: means });
    Pipeline { workflow, draws, table }
}
