use jobmon::prelude::*;

#[derive(ArgValue)]
enum Data {
    Plain,
    Tuple(u32),
    Named { year: u16 },
}

#[derive(ArgValue)]
enum Empty {}

#[derive(ArgValue)]
struct Struct {
    year: u16,
}

#[derive(ArgValue)]
enum Twice {
    Male,
    #[arg_value(name = "male")]
    Other,
    #[arg_value(nmae = "x")]
    Third,
}

fn main() {}
