//! Fields and variants whose names are keywords.
#![deny(warnings)]

use jobmon::prelude::*;

#[derive(Debug, Clone, ArgValue)]
enum r#Kind {
    r#Fast,
}

#[task_template(command = "fit --type {type} [{match}? --match]", stdout = "{type}.txt")]
#[derive(Debug, Clone)]
struct r#Fit {
    #[node_arg]
    r#type: Kind,
    #[op_arg]
    r#match: bool,
    #[upstream]
    r#async: Option<TaskRef<Self>>,
}

fn main() {
    let mut wf = Tool::new("t").workflow("w");
    let r#match = false;
    wf.add_all(grid!(Fit { r#type in [Kind::Fast], r#match, r#async: None }));
    let spec = <Fit as TaskTemplate>::SPEC;
    assert_eq!((spec.name, spec.args[0].name), ("fit", "type"));
    wf.check().expect("the workflow is right");
}
