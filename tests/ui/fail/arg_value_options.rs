use jobmon::prelude::*;

#[derive(ArgValue)]
union Bits {
    number: u32,
    text: [u8; 4],
}

#[derive(ArgValue)]
enum Values {
    #[arg_value(name = 1)]
    Number,
    #[arg_value(name = "a\0b")]
    Nul,
    #[arg_value]
    Bare,
}

#[derive(ArgValue)]
#[arg_value(crate = "jobmon")]
enum Crate {
    A,
}

#[derive(ArgValue)]
#[arg_value(rename_all = "kebab-case")]
enum Renamed {
    A,
}

#[derive(ArgValue)]
#[arg_value(crate = jobmon, crate = jobmon)]
enum Twice {
    #[arg_value(name = "a", name = "b")]
    A,
    #[arg_value(name = "c")]
    #[arg_value(name = "d")]
    C,
}

fn main() {}
