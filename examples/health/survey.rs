//! Reads from the survey which countries it covers, since the graph has tasks for each of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A country of the survey and the cluster of countries that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Country {
    pub(crate) name: String,
    pub(crate) cluster: u32,
}

/// The countries of a survey, in the order of their names.
pub(crate) fn countries(survey: &Path) -> Result<Vec<Country>, String> {
    let text = fs::read_to_string(survey).map_err(|e| format!("cannot read the survey {}: {e}", survey.display()))?;
    let mut lines = text.lines().map(fields);
    let names = lines.next().unwrap_or_default();
    let column = |wanted: &str| {
        let found = names.iter().position(|name| name == wanted);
        found.ok_or_else(|| format!("the survey {} has no column `{wanted}`", survey.display()))
    };
    let (name, cluster) = (column("country")?, column("cluster")?);

    let mut found = BTreeMap::new();
    for (row, line) in lines.zip(2..).filter(|(row, _)| row.len() > 1) {
        let at = |what: String| format!("line {line} of the survey {}: {what}", survey.display());
        let field = |column: usize| row.get(column).ok_or_else(|| at("it has too few fields".to_owned()));
        let country = Country {
            name: field(name)?.clone(),
            cluster: field(cluster)?.parse().map_err(|e| at(format!("the cluster is no number: {e}")))?,
        };
        // Files are called after it.
        if country.name.is_empty() || country.name.starts_with('.') || country.name.contains('/') {
            return Err(at(format!("the country `{}` cannot be the name of a file", country.name)));
        }
        let first = found.entry(country.name.clone()).or_insert_with(|| country.clone());
        if first.cluster != country.cluster {
            return Err(at(format!("`{}` is in cluster {} and {}", country.name, first.cluster, country.cluster)));
        }
    }
    Ok(found.into_values().collect())
}

/// Cuts a line at its commas, but for those in double quotes; a doubled quote in quotes is a quote.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        let field = fields.last_mut().expect("there is a field from the start");
        match c {
            '"' if quoted && rest.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => field.push(c),
        }
    }
    fields
}
