//! Files and variables as people write them, right and wrong.

use super::configuration::Configuration;
use super::{Environment, Files, Layer, Merged};
use crate::model::{Cluster, Queue};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A directory with files.
fn files(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

fn read(directory: &Path, yaml: &[&str], environment: &Environment) -> Configuration {
    let yaml: Vec<PathBuf> = yaml.iter().map(PathBuf::from).collect();
    Configuration::read(&Files::Found, "covid", &yaml, environment, directory)
}

fn errors(configuration: &Configuration) -> String {
    configuration.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What is wrong with a `jobmon.toml`.
fn wrong(toml: &str) -> String {
    let directory = files(&[("jobmon.toml", toml)]);
    errors(&read(directory.path(), &[], &Environment::default()))
}

/// What is wrong with a file of the original's.
fn wrong_yaml(yaml: &str) -> String {
    let directory = files(&[("resources.yaml", yaml)]);
    errors(&read(directory.path(), &["resources.yaml"], &Environment::default()))
}

/// What holds for a template, and where it was said.
fn holds(configuration: &Configuration, workflow: &str, template: &str) -> String {
    let layers: Vec<Layer<'_>> = configuration.layers("covid", workflow, template, Some(Cluster::LOCAL)).collect();
    let merged = Merged::of(&layers);
    let mut text = String::new();
    macro_rules! keys {
        ($($key:ident)*) => {$(
            if let Some(held) = merged.$key {
                writeln!(text, "{} {} ({})", stringify!($key), held.said.value, held.said.at).unwrap();
            }
        )*};
    }
    keys!(memory runtime cores max_attempts memory_scale runtime_scale queue cluster);
    text
}

const WHOLE: &str = r#"
home = "state"

[clusters.local.queues.short]
min = { memory = "1M" }
max = { memory = "8G", runtime = "1h", cores = 4 }
default = { memory = "1G", runtime = "10m" }
fallback = ["long"]

[clusters.local.queues.long]
max = { memory = "64G", runtime = "2d" }

[tools.covid]
memory = "2G"
max_attempts = 5
scale = { memory = 2.0, runtime = ["2h", "4h"] }

[tools.covid.templates.fit]
memory = "8G"
queue = "short"

[tools.covid.workflows.trial]
runtime = "5m"

[tools.covid.workflows.trial.templates.fit]
cores = 2

[tools.other.templates.nobody]
memory = "1T"
"#;

#[test]
fn a_file_says_things_of_tools_workflows_and_templates() {
    let directory = files(&[("jobmon.toml", WHOLE)]);
    let found = read(directory.path(), &[], &Environment::default());
    assert_eq!(errors(&found), "");
    insta::assert_snapshot!(holds(&found, "model", "fit"), @"
    memory 8G (jobmon.toml:19:10)
    max_attempts 5 (jobmon.toml:15:16)
    memory_scale x 2 (jobmon.toml:16:20)
    runtime_scale 2h, 4h (jobmon.toml:16:35)
    queue short (jobmon.toml:20:9)
    ");
    insta::assert_snapshot!(holds(&found, "trial", "fit"), @"
    memory 8G (jobmon.toml:19:10)
    runtime 5m (jobmon.toml:23:11)
    cores 2 (jobmon.toml:26:9)
    max_attempts 5 (jobmon.toml:15:16)
    memory_scale x 2 (jobmon.toml:16:20)
    runtime_scale 2h, 4h (jobmon.toml:16:35)
    queue short (jobmon.toml:20:9)
    ");
    assert_eq!(found.home, Some(directory.path().join("state")));
    let chain = found.chain(Cluster::LOCAL, Queue::named("short"));
    assert_eq!(chain.iter().map(|limits| limits.queue.name()).collect::<Vec<_>>(), ["short", "long"]);
}

#[test]
fn all_that_is_wrong_with_a_file_is_told_at_once() {
    insta::assert_snapshot!(wrong(r#"
hoem = "state"
home = "~/jobmon"

[clusters.local.queues.short]
max = { memory = "8G", memroy = "1G" }
min = { memory = "16G", cores = 0 }
fallback = ["lnog"]

[clusters.local.queues.long]
maximum = { memory = "8G" }
default = { runtime = "1x" }

[clusters.local.partitions]

[tools.covid]
memory = 8
max_attempts = 0
queue = 3
scale = { memory = 0.5, cores = 2.0 }

[tools.covid.templates.fit]
memory = "8 gigs"
runtime = ["1h"]
cores = "2"
scale = { runtime = ["4h", "2h"] }
template = true
"#), @r#"
    jobmon.toml:2:1: unknown key `hoem` in the file; did you mean `home`?
    jobmon.toml:3:8: `home` takes a path that is written out, since no shell reads `~` here, not the text "~/jobmon"
    jobmon.toml:5:1: the memory of the queue `short` has a minimum of 16G above its maximum of 8G
    jobmon.toml:6:24: unknown key `memroy` in `max` of `[clusters.local.queues.short]`; did you mean `memory`?
    jobmon.toml:7:33: `cores`: `0` is no number of cores; write a whole number, at least 1
    jobmon.toml:8:13: the cluster `local` has no queue `lnog`; did you mean `long`?
    jobmon.toml:11:1: unknown key `maximum` in `[clusters.local.queues.long]`; there are `min`, `max`, `default`, `fallback`
    jobmon.toml:12:23: `runtime`: `x` is no unit of time in `1x`; write it as "90m", "1h30m" or "01:30:00"
    jobmon.toml:14:17: unknown key `partitions` in `[clusters.local]`; there is `queues`
    jobmon.toml:17:10: `memory`: `8` has no unit; write it as "8G", "512M" or "1.5 GiB"
    jobmon.toml:18:16: `max_attempts` takes a whole number, at least 1, not the number 0
    jobmon.toml:19:9: `queue` takes a name, not the number 3
    jobmon.toml:20:20: `scale.memory`: a request is multiplied by it, so it is above 1: write 1.5 for 0.5 more
    jobmon.toml:20:25: unknown key `cores` in `scale`; there are `memory`, `runtime`
    jobmon.toml:23:10: `memory`: `gigs` is no unit of memory in `8 gigs`; write it as "8G", "512M" or "1.5 GiB"
    jobmon.toml:24:11: `runtime` takes a time, as "1h30m", not a list
    jobmon.toml:25:9: `cores` takes a whole number, not the text "2"
    jobmon.toml:26:21: `scale.runtime`: each step is more than the one before
    jobmon.toml:27:1: unknown key `template` in the template `fit`; there are `memory`, `runtime`, `cores`, `max_attempts`, `scale`, `queue`, `cluster`
    "#);
}

#[test]
fn a_cluster_that_is_this_machine_misspelt_is_told() {
    let text =
        "[clusters.loacl.queues.x]\n[clusters.Local.queues.x]\n[clusters.focal.queues.x]\n[clusters.local2.queues.x]\n";
    insta::assert_snapshot!(wrong(text), @"
    jobmon.toml:1:11: unknown key `loacl` in `[clusters]`; did you mean `local`?
    jobmon.toml:2:11: unknown key `Local` in `[clusters]`; did you mean `local`?
    ");
    let yaml = "tool_resources:\n  multiproces: {cores: 2}\ntask_template_resources:\n  fit:\n    mutliprocess: {cores: 2}\n    slurm: {cores: 2}\n";
    let directory = files(&[("resources.yaml", yaml)]);
    let found = read(directory.path(), &["resources.yaml"], &Environment::default());
    insta::assert_snapshot!(errors(&found), @"
    resources.yaml:2:3: unknown key `multiproces` in the clusters; did you mean `multiprocess`?
    resources.yaml:5:5: unknown key `mutliprocess` in the clusters; did you mean `multiprocess`?
    ");
}

#[test]
fn a_text_that_is_no_toml_is_told_with_its_place() {
    insta::assert_snapshot!(wrong("[tools.covid\nmemory = \"8G\"\nmemory = \"9G\"\n[tools.covid]\ncores = \n"), @"
    jobmon.toml:1:13: unclosed table, expected `]`
    jobmon.toml:5:9: string values must be quoted, expected literal string
    ");
}

#[test]
fn the_yaml_of_the_original_means_what_it_meant() {
    let yaml = "
tool_resources:
  multiprocess: &common {memory: 1.5, runtime: \"01:30:00\"}
tool_scales:
  local: {memory: 0.5}
task_template_resources:
  fit:
    slurm: {memory: 400G, queue: all.q, project: proj_x}
    local: {<<: *common, memory: \"20\", queue: short}
task_template_scales:
  fit:
    local: {runtime: 1}
";
    let directory = files(&[("resources.yaml", yaml)]);
    let found = read(directory.path(), &["resources.yaml"], &Environment::default());
    insta::assert_snapshot!(errors(&found), @"");
    insta::assert_snapshot!(holds(&found, "model", "fit"), @"
    memory 20G (resources.yaml:9:34)
    runtime 1h30m (resources.yaml:3:48)
    memory_scale x 1.5 (resources.yaml:5:19)
    runtime_scale x 2 (resources.yaml:12:22)
    queue short (resources.yaml:9:47)
    ");
    insta::assert_snapshot!(holds(&found, "model", "other"), @"
    memory 1.5G (resources.yaml:3:34)
    runtime 1h30m (resources.yaml:3:48)
    memory_scale x 1.5 (resources.yaml:5:19)
    ");
}

#[test]
fn what_is_wrong_with_yaml_is_told_too() {
    insta::assert_snapshot!(wrong_yaml("
task_template_resorces: {}
tool_resources:
  local: {memory: 8Q, memory: 3, project: proj_x}
  covid: {slurm: {cores: many}}
task_template_scales:
  fit: {local: {memory: [1, 2], runtime: -0.5, cores: 0.5}}
"), @r#"
    resources.yaml:2:1: unknown key `task_template_resorces` in the file; did you mean `task_template_resources`?
    resources.yaml:4:19: `memory`: `Q` is no unit of memory in `8Q`; write it as "8G", "512M" or "1.5 GiB"
    resources.yaml:4:23: `memory` stands twice in the resources
    resources.yaml:4:34: unknown key `project` in the resources for `local`; there are `memory`, `runtime`, `cores`, `queue`
    resources.yaml:5:26: `cores`: `many` is no number of cores; write a whole number, at least 1
    resources.yaml:7:25: `memory` takes a number above 0, not a list
    resources.yaml:7:42: `runtime`: so much is added to the whole, so -0.5 would not make it grow
    resources.yaml:7:48: unknown key `cores` in the scales for `local`; there are `memory`, `runtime`
    "#);
    insta::assert_snapshot!(wrong_yaml("task_template_resources:\n  fit: {local: {memory: 8G\n"), @"resources.yaml:3:1: while parsing a flow mapping, did not find expected ',' or '}'");
    insta::assert_snapshot!(wrong_yaml("# nothing yet\n"), @"");
    insta::assert_snapshot!(wrong_yaml("- a list"), @"resources.yaml:1:1: `the file` takes a table, not a list");
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n\
                c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n\
                e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n";
    insta::assert_snapshot!(wrong_yaml(bomb).lines().next().unwrap_or_default(), @"resources.yaml:5:32: more than 100000 values");
}

#[test]
fn the_nearest_file_and_that_of_the_user_count() {
    let directory = files(&[
        ("home/jobmon/config.toml", "[tools.covid]\nmemory = \"1G\"\ncores = 3"),
        ("project/jobmon.toml", "[tools.covid]\nmemory = \"2G\"\nresources = \"site.yaml\""),
        ("project/site.yaml", "tool_resources: {local: {memory: 9, runtime: 60}}"),
        ("project/deep/er/notes.txt", ""),
        ("jobmon.toml", "[tools.covid]\nruntime = \"1h\""),
    ]);
    let config_home = Some(directory.path().join("home"));
    let environment = Environment { config_home, ..Environment::default() };
    let found = read(&directory.path().join("project/deep/er"), &[], &environment);
    assert_eq!(errors(&found), "");
    let told = holds(&found, "model", "fit").replace(&*directory.path().to_string_lossy(), "DIR");
    insta::assert_snapshot!(told, @"
    memory 2G (DIR/project/jobmon.toml:2:10)
    runtime 1m (DIR/project/site.yaml:1:46)
    cores 3 (DIR/home/jobmon/config.toml:3:9)
    ");
    let none = Environment { config: Some("none".into()), ..environment.clone() };
    assert_eq!(holds(&read(&directory.path().join("project"), &[], &none), "model", "fit"), "");
    let other = Environment { config: Some("missing.toml".into()), ..environment };
    insta::assert_snapshot!(errors(&read(&directory.path().join("project"), &[], &other)), @"missing.toml: it cannot be read: No such file or directory (os error 2)");
}

#[test]
fn variables_say_something_of_all_tasks() {
    let set = |variables: &[(&str, &str)]| {
        let settings = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        read(Path::new("/"), &[], &Environment { settings, ..Environment::default() })
    };
    let found = set(&[
        ("JOBMON_SET_CORES", "2"),
        ("JOBMON_SET_MAX_ATTEMPTS", "7"),
        ("JOBMON_SET_MEMORY", "3G"),
        ("JOBMON_SET_SCALE_MEMORY", "2.5"),
        ("JOBMON_SET_SCALE_RUNTIME", "2h,4h"),
    ]);
    insta::assert_snapshot!(errors(&found), @"");
    insta::assert_snapshot!(holds(&found, "model", "fit"), @"
    memory 3G (the variable JOBMON_SET_MEMORY)
    cores 2 (the variable JOBMON_SET_CORES)
    max_attempts 7 (the variable JOBMON_SET_MAX_ATTEMPTS)
    memory_scale x 2.5 (the variable JOBMON_SET_SCALE_MEMORY)
    runtime_scale 2h, 4h (the variable JOBMON_SET_SCALE_RUNTIME)
    ");
    insta::assert_snapshot!(errors(&set(&[
        ("JOBMON_SET_CORES", "none"),
        ("JOBMON_SET_MEMORY", "3"),
        ("JOBMON_SET_MEMROY", "3G"),
        ("JOBMON_SET_SCALE_MEMORY", "0.5"),
    ])), @r#"
    the variable JOBMON_SET_CORES: `cores`: `none` is no number of cores; write a whole number, at least 1
    the variable JOBMON_SET_MEMORY: `memory`: `3` has no unit; write it as "8G", "512M" or "1.5 GiB"
    the variable JOBMON_SET_MEMROY: unknown key `JOBMON_SET_MEMROY` in the environment; did you mean `JOBMON_SET_MEMORY`?
    the variable JOBMON_SET_SCALE_MEMORY: `scale.memory`: a request is multiplied by it, so it is above 1: write 1.5 for 0.5 more
    "#);
}

/// Names of variables are put together of words, whose order people mistake.
#[test]
fn a_variable_that_is_misspelt_is_suggested_by_its_words() {
    let hint = |name: &str| {
        let settings = vec![(name.to_owned(), "2".to_owned())];
        let told = errors(&read(Path::new("/"), &[], &Environment { settings, ..Environment::default() }));
        told.split("; ").nth(1).unwrap_or_default().to_owned()
    };
    let names = ["MEMORY_SCALE", "runtime_scale", "ATTEMPTS_MAX", "COREZ", "MAX_ATTEMPT", "RETRY"];
    let hints: Vec<String> = names.map(|name| format!("{name}: {}", hint(&format!("JOBMON_SET_{name}")))).into();
    insta::assert_snapshot!(hints.join("\n"), @"
    MEMORY_SCALE: did you mean `JOBMON_SET_SCALE_MEMORY`?
    runtime_scale: did you mean `JOBMON_SET_SCALE_RUNTIME`?
    ATTEMPTS_MAX: did you mean `JOBMON_SET_MAX_ATTEMPTS`?
    COREZ: did you mean `JOBMON_SET_CORES`?
    MAX_ATTEMPT: did you mean `JOBMON_SET_MAX_ATTEMPTS`?
    RETRY: there are `JOBMON_SET_MEMORY`, `JOBMON_SET_RUNTIME`, `JOBMON_SET_CORES`, `JOBMON_SET_MAX_ATTEMPTS`, `JOBMON_SET_QUEUE`, `JOBMON_SET_CLUSTER`, `JOBMON_SET_SCALE_MEMORY`, `JOBMON_SET_SCALE_RUNTIME`, `JOBMON_CONFIG`
    ");
}

#[test]
fn what_is_no_name_and_no_number_is_told() {
    insta::assert_snapshot!(wrong(r#"
[tools.covid]
queue = ""
cluster = "a\tb"
cores = 2.5
memory = inf
scale = { memory = inf, runtime = nan }
[tools.covid.templates.fit]
scale = { memory = -inf, runtime = 1 }
[clusters.local.queues.short]
fallback = ["", "long"]
[clusters.local.queues.long]
"#), @r#"
    jobmon.toml:3:9: `queue` takes a name, not the text ""
    jobmon.toml:4:11: `cluster` takes a name, not the text "a\tb"
    jobmon.toml:5:9: `cores`: `2.5` is no number of cores; write a whole number, at least 1
    jobmon.toml:6:10: `memory`: `inf` is no memory; write it as "8G", "512M" or "1.5 GiB"
    jobmon.toml:7:20: `scale.memory`: inf is no number that a request can be multiplied by
    jobmon.toml:7:35: `scale.runtime`: nan is no number that a request can be multiplied by
    jobmon.toml:9:20: `scale.memory`: -inf is no number that a request can be multiplied by
    jobmon.toml:9:36: `scale.runtime`: a request is multiplied by it, so 1 would not make it grow
    jobmon.toml:11:13: `fallback` takes a name, not the text ""
    "#);
}

/// Numbers as YAML writes them, keys that say nothing, and what a second document would say.
#[test]
fn yaml_is_read_as_yaml() {
    let yaml = "
tool_scales:
tool_resources:
  local: {memory: 1e1, runtime: 1e3, cores: 2.0}
task_template_resources:
  other:
  fit:
    local:
    sequential: {cores: 4.}
";
    let directory = files(&[("resources.yaml", yaml)]);
    let found = read(directory.path(), &["resources.yaml"], &Environment::default());
    insta::assert_snapshot!(errors(&found), @"");
    insta::assert_snapshot!(holds(&found, "model", "fit"), @"
    memory 10G (resources.yaml:4:19)
    runtime 16m40s (resources.yaml:4:33)
    cores 4 (resources.yaml:9:25)
    ");
    insta::assert_snapshot!(wrong_yaml("
tool_resources:
  local: {memory: 1e400, runtime: -1, cores: 2.5}
tool_scales:
  local: {memory: .inf, runtime: 1e400}
"), @r#"
    resources.yaml:3:19: `memory`: `e` is no unit of memory in `1e400`; write it as "8G", "512M" or "1.5 GiB"
    resources.yaml:3:35: `runtime`: `-1s` is negative; write it as "90m", "1h30m" or "01:30:00"
    resources.yaml:3:46: `cores`: `2.5` is no number of cores; write a whole number, at least 1
    resources.yaml:5:19: `memory` takes a number above 0, not the text ".inf"
    resources.yaml:5:34: `runtime`: 1e400 is no number that a request can be multiplied by
    "#);
    insta::assert_snapshot!(wrong_yaml("tool_resources:\n---\ntool_resources: {local: {memory: 8}}\n"), @"resources.yaml:2:1: a second document begins here, and a file of resources is one: put all into the first");
    insta::assert_snapshot!(wrong_yaml("---\ntool_resources:\n...\n"), @"");
}
