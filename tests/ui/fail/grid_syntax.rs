use jobmon::prelude::*;

#[task_template(command = "fit --year {year}")]
struct Fit {
    #[node_arg]
    year: u16,
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    let fits = wf.add_all(grid!(Fit { year = 1990..2000 }));
    let _ = fits.one(|fit| fit.year == 1990);
    let _ = wf.add_all(grid!(Fit { year in 1990..2000 year: 4 }));
    let _ = wf.add_all(grid!(Fit));
    let _ = wf.add_all(grid!());
    let _ = wf.add_all(grid!(<Fit as));
}
