use jobmon::prelude::*;

#[task_template(command = "prep --year {year}")]
struct Prep {
    #[node_arg]
    year: u16,
}

#[task_template(command = "join")]
struct Join {
    #[upstream]
    list: Vec<TaskRef<Prep>>,
    #[upstream]
    set: TaskSet<Prep>,
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    let prep = Prep { year: 1990 };
    wf.add(&prep);
    wf.add_all(Prep { year: 1991 });
    wf.add(vec![Prep { year: 1992 }]);
    let preps = wf.add_all(grid!(Prep { year in 1993..2000 }));
    wf.add(Join { list: preps.clone(), set: preps.refs() });
    wf.add(Join { list: preps.refs(), set: preps.clone() }, preps);
    wf.run();
}
