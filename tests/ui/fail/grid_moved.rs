use jobmon::prelude::*;

#[task_template(command = "fit --place {place} --year {year}")]
struct Fit {
    #[node_arg]
    place: String,
    #[node_arg]
    year: u16,
}

fn main() {
    // What is needed for several combinations is cloned by the user.
    let place = "a".to_owned();
    let _ = grid!(Fit { year in 1990..2000, place });
}
