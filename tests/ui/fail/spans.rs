use jobmon::prelude::*;

#[task_template(command = r#"fit "{year}" {palce}"#)]
struct Raw {
    #[node_arg]
    year: u16,
}

#[task_template(command = "fit \t\u{e9}\x41 {year} {palce}")]
struct Escaped {
    #[node_arg]
    year: u16,
}

#[task_template(command = "fit {year} \
    --out \
    {palce}")]
struct Joined {
    #[node_arg]
    year: u16,
}

#[task_template(command = "größe 東京 {year} {palce}")]
struct Wide {
    #[node_arg]
    year: u16,
}

#[task_template(command = [r"fit", r##"a"#b {palce}"##, "{year}"])]
struct Words {
    #[node_arg]
    year: u16,
}

macro_rules! template {
    ($command:literal, $name:ident) => {
        #[task_template(command = $command)]
        struct $name {
            #[node_arg]
            year: u16,
        }
    };
}

template!("fit {year} {palce}", Literal);

fn main() {}
