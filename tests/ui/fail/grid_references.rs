use jobmon::prelude::*;

#[task_template(command = "fit --name {name} --year {year}")]
struct Fit {
    #[node_arg]
    name: String,
    #[node_arg]
    year: u16,
}

fn main() {
    let names = vec!["a".to_owned()];
    let cells = [("a".to_owned(), 1990)];
    // What the compiler proposes can be written.
    let _ = grid!(Fit { name in &names, year in [1990, 1991].iter() });
    let _ = grid!(Fit { name: name.to_string() in &names, year: *year in [1990, 1991].iter() });
    let _ = grid!(Fit { (name, year) in &cells });
    let _ = grid!(Fit { (name: name.to_string(), year: *year) in &cells });
    let _ = grid!(Fit { for (name, year) in &cells, name: name.clone(), year: *year });
}
