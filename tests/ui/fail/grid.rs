use jobmon::prelude::*;

#[task_template(command = "fit --place {place} --year {year} --root {root}")]
struct Fit {
    #[node_arg]
    place: u32,
    #[node_arg]
    year: u16,
    #[task_arg]
    root: String,
}

fn main() {
    let root = String::new();
    let _ = grid!(Fit { place in 1..=3, yaer in 1990..2000, root: root.clone() });
    let _ = grid!(Fit { place in 1..=3, root: root.clone() });
    let _ = grid!(Fit { place in ["a"], year in 1990..2000, root: root.clone() });
    let _ = grid!(Fit { place in 1..=3, year in 1990..2000, root: 4 });
}
