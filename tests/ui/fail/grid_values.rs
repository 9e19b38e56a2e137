use jobmon::prelude::*;

#[task_template(command = "fit --place {place} --year {year}")]
struct Fit {
    #[node_arg]
    place: String,
    #[node_arg]
    year: u16,
}

fn main() {
    let place = "a".to_owned();
    let _ = grid!(Fit { year in 3, place: place.clone() });
}
