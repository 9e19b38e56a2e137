use jobmon::prelude::*;

#[task_template(command = "fit", env("A" = "1", "B C"), scale("memory" = 1.5, "much"))]
struct Fit;

#[task_template(command = "fit", stdout = 3, scale(memory = "2"))]
struct NoText;

#[derive(ArgValue)]
enum Sex {
    #[arg_value("f")]
    Female,
}

fn main() {
    let _ = Sex::Female;
}
