//! Each option, and the ways to write a command.
#![forbid(unsafe_code)]
#![deny(missing_docs, warnings, clippy::pedantic)]

use jobmon::prelude::*;

/// A script.
#[task_template(
    command = r#"
        for file in {files}...; do
            if [ -e "$file" ]; then sort "$file" | head -n {lines} > "{out}.txt"; fi
        done
        echo "${{HOME}}" '{{print $1}}'
    "#,
    shell = true,
    queue = "long.q",
    max_concurrently_running = 0,
    stderr = "{out}.log",
    output = "{out}.txt",
    output_may_be_empty = true,
    env(OMP_NUM_THREADS = "{threads}", r#type = "{{}}", EMPTY = "")
)]
#[derive(Debug)]
pub struct Script {
    /// Files.
    #[task_arg]
    pub files: Vec<String>,
    /// Lines.
    #[task_arg]
    pub lines: u32,
    /// The result.
    #[node_arg]
    pub out: String,
    /// Used in a variable alone.
    #[op_arg]
    pub threads: u32,
}

/// Words.
#[task_template(command = ["python3", "a b.py", "", "--in={input}", "[0-9]", "{files}...", "-I{files}...", "{{}}"], shell = false, output = ["{input}.a", "b"])]
#[derive(Debug)]
pub struct Words {
    /// The input.
    #[node_arg]
    pub input: String,
    /// Files.
    #[task_arg]
    pub files: Vec<String>,
}

macro_rules! words {
    ($program:literal) => {
        /// Words that come through a macro.
        #[task_template(command = [$program, "{input}"])]
        #[derive(Debug)]
        pub struct Through {
            /// The input.
            #[node_arg]
            pub input: String,
        }
    };
}
words!("fit");

fn main() {
    assert_eq!(Script::SPEC.queue, Some("long.q"));
    assert_eq!(Script::SPEC.max_concurrently_running, Some(0));
    assert_eq!(Script::SPEC.env, [("OMP_NUM_THREADS", "{threads}"), ("type", "{{}}"), ("EMPTY", "")]);
    assert_eq!((Script::SPEC.outputs, Script::SPEC.output_may_be_empty), (&["{out}.txt"][..], Some(true)));
    assert_eq!((Words::SPEC.outputs, Words::SPEC.output_may_be_empty), (&["{input}.a", "b"][..], None));
    assert_eq!(Words::SPEC.stderr, None);
    assert_eq!(Through::SPEC.name, "through");
}
