//! The templates, and the workflow that is made of them.

use crate::survey;
use jobmon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The year up to which the trends are followed.
const HORIZON: u16 = 2030;

// No shell runs these commands, so `Hong Kong, China` needs no quotes: each value is one word, whatever it contains. The
// output goes to the file `stdout` names, whole or not at all, so what is there is complete. `LC_ALL=C` makes a comma of
// no decimal point.

/// Takes the rows of one country out of the survey.
#[task_template(command = "env LC_ALL=C awk -f {scripts}/extract.awk {country} {survey}", stdout = "{rows}")]
struct Extract {
    #[node_arg]
    country: String,
    #[task_arg]
    survey: PathBuf,
    #[task_arg]
    rows: PathBuf,
    /// Where the programs lie is how the task runs, not what it is.
    #[op_arg]
    scripts: PathBuf,
}

/// Fits a line through one country's life expectancy and follows it to a later year.
#[task_template(
    command = "env LC_ALL=C awk -f {scripts}/fit.awk {country} {cluster} {horizon} {rows}",
    stdout = "{trend}",
    max_attempts = 3
)]
struct Fit {
    #[node_arg]
    country: String,
    #[task_arg]
    cluster: u32,
    #[task_arg]
    horizon: u16,
    #[task_arg]
    rows: PathBuf,
    #[task_arg]
    trend: PathBuf,
    #[op_arg]
    scripts: PathBuf,
    #[upstream]
    extract: TaskRef<Extract>,
}

/// Means of one cluster, each country weighed by its population. It waits for the countries of that cluster only.
#[task_template(
    command = "env LC_ALL=C awk -f {scripts}/aggregate.awk {cluster} {rows}... {trends}...",
    stdout = "{means}"
)]
struct Aggregate {
    #[node_arg]
    cluster: u32,
    #[task_arg]
    rows: Vec<PathBuf>,
    #[task_arg]
    trends: Vec<PathBuf>,
    #[task_arg]
    means: PathBuf,
    #[op_arg]
    scripts: PathBuf,
    #[upstream]
    countries: TaskSet<Fit>,
}

/// One table of all countries, ranked by what they gained, and one of the clusters.
#[task_template(command = "env LC_ALL=C awk -f {scripts}/report.awk {trends}... {means}...", stdout = "{table}")]
struct Report {
    #[task_arg]
    trends: Vec<PathBuf>,
    #[task_arg]
    means: Vec<PathBuf>,
    #[task_arg]
    table: PathBuf,
    #[op_arg]
    scripts: PathBuf,
    #[upstream]
    countries: TaskSet<Fit>,
    #[upstream]
    clusters: TaskSet<Aggregate>,
}

/// The workflow that makes `table`, and all that leads to it, in `out`.
pub(crate) fn workflow(out: &Path, table: &Path) -> Result<Workflow, String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("health");
    let (survey, scripts) = (here.join("data/gapminder.csv"), here.join("scripts"));
    let countries = survey::countries(&survey)?;
    let file = |kind: &str, country: &str| out.join(kind).join(format!("{country}.tsv"));

    let mut wf = Tool::new("health").workflow("life expectancy");
    let extracts = wf.add_all(countries.iter().map(|country| Extract {
        country: country.name.clone(),
        survey: survey.clone(),
        rows: file("rows", &country.name),
        scripts: scripts.clone(),
    }));

    let of = extracts.group_by(|extract| extract.country.clone());
    let fits = wf.add_all(countries.iter().map(|country| Fit {
        country: country.name.clone(),
        cluster: country.cluster,
        horizon: HORIZON,
        rows: file("rows", &country.name),
        trend: file("trends", &country.name),
        scripts: scripts.clone(),
        extract: of.one(&country.name),
    }));

    // A set keeps the structs that its tasks were made of, so what a cluster needs is asked of the fits themselves.
    let clusters: BTreeSet<u32> = countries.iter().map(|country| country.cluster).collect();
    let aggregates = wf.add_all(clusters.into_iter().map(|cluster| {
        let countries = fits.filter(|fit| fit.cluster == cluster);
        Aggregate {
            cluster,
            rows: countries.iter().map(|(_, fit)| fit.rows.clone()).collect(),
            trends: countries.iter().map(|(_, fit)| fit.trend.clone()).collect(),
            means: file("clusters", &cluster.to_string()),
            scripts: scripts.clone(),
            countries,
        }
    }));

    wf.add(Report {
        trends: fits.iter().map(|(_, fit)| fit.trend.clone()).collect(),
        means: aggregates.iter().map(|(_, aggregate)| aggregate.means.clone()).collect(),
        table: table.to_owned(),
        scripts,
        countries: fits,
        clusters: aggregates,
    });
    Ok(wf)
}
