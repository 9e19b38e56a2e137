use jobmon::prelude::*;

#[derive(Clone)]
#[task_template(command = "fit --place {place} --year {year}")]
struct Fit {
    #[node_arg]
    place: u32,
    #[node_arg]
    year: u16,
}

fn main() {
    let base = Fit { place: 1, year: 1990 };
    let _ = grid!(Fit { year in 1990..2000, place: 1 }, 3);
    let _ = grid!(Fit { year in 1990..2000, ..base.clone(), ..base });
    let _ = grid!(Fit { year in 1990..2000, => 4 });
    let _ = grid!(Fit { (place, year) });
    let _ = grid!(Fit { year = 1990, place in 1..2 3, ..base.clone(), year: 3 } 4);
    let _ = grid!(Vec::new());
    let _ = grid!(Fit { year in 1990..2000, .. });
}
