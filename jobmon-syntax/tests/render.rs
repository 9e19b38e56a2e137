//! What a command becomes with its values.

use jobmon_syntax::command::{Command, RenderError, Text, Value, parse, parse_text};

fn command(text: &str) -> Command {
    parse(text).unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(|error| error.picture(text)).collect::<Vec<_>>().join("\n"))
    })
}

fn text(text: &str) -> Text {
    parse_text(text).unwrap_or_else(|errors| panic!("{}", errors[0].picture(text)))
}

fn value<'v>(name: &str, list: &'v [&'v str]) -> Option<Value<'v>> {
    Some(match name {
        "x" => Value::One("1 2"),
        "y" => Value::One("{x}"),
        "type" => Value::One("raw"),
        "größe" => Value::One("ß"),
        "none" => Value::Absent,
        "empty" => Value::One(""),
        "yes" => Value::Bool(true),
        "no" => Value::Bool(false),
        "list" => Value::Many(list),
        "nothing" => Value::Many(&[]),
        "nul" => Value::One("a\0b"),
        _ => return None,
    })
}

fn render(text: &str) -> Result<Vec<String>, RenderError> {
    let list = ["a", "b c", ""];
    command(text).render(|name| value(name, &list))
}

#[test]
fn a_command_becomes_words() {
    let cases: &[(&str, &[&str])] = &[
        ("p", &["p"]),
        ("  p \t a\n  b\r\n c  ", &["p", "a", "b", "c"]),
        ("p a\\\nb \\\n c \\\r\nd", &["p", "ab", "c", "d"]),
        ("p '' \"\" ''\"\"", &["p", "", "", ""]),
        ("p 'a b'\"c d\"e\\ f", &["p", "a bc de f"]),
        (r#"p "\a\"\\\$\`" '\' \'\"\a"#, &["p", r#"\a"\$`"#, r"\", r#"'"a"#]),
        ("p 'a\nb' \"a\\\nb\"", &["p", "a\nb", "ab"]),
        ("p {{ }} '{{print $1}}' \"{{{x}}}\"", &["p", "{", "}", "{print $1}", "{1 2}"]),
        ("p x~ a#b a=b ! -- é", &["p", "x~", "a#b", "a=b", "!", "--", "é"]),
        ("p '*' \\* \"?\" '[' ']' '[a]' \\[b\\]", &["p", "*", "*", "?", "[", "]", "[a]", "[b]"]),
        ("p '~' \\~ '# c' \\# '|' \\; \"(&)\" '$x' \\$x", &["p", "~", "~", "# c", "#", "|", ";", "(&)", "$x", "$x"]),
        ("{x}/p {x}{x} --a={x}-{y} '{x}' \"{x}\"", &["1 2/p", "1 21 2", "--a=1 2-{x}", "1 2", "1 2"]),
        ("p {type} {größe} {empty} a{empty}", &["p", "raw", "ß", "", "a"]),
        ("p {yes} {no}", &["p", "true", "false"]),
        ("p {list}...", &["p", "a", "b c", ""]),
        ("p -I{list}... '-{x}'{list}...", &["p", "-Ia", "-Ib c", "-I", "-1 2a", "-1 2b c", "-1 2"]),
        ("p {nothing}... z", &["p", "z"]),
        ("p \"{x}...\" '{x}?' {x}'...' {x}..", &["p", "1 2...", "1 2?", "1 2...", "1 2.."]),
        ("p [--d {x}] [--e={none}] z", &["p", "--d", "1 2", "z"]),
        ("p [--d {empty}] [{x} {none}] [ a {x} ]", &["p", "--d", "", "a", "1 2"]),
        ("p [-i {list}...] [-i {nothing}...] [-i {none}...]", &["p", "-i", "a", "b c", ""]),
        ("p [{yes}? -v] [{no}? -w] [{none}? -n] [{x}? -x] [{empty}? -e]", &["p", "-v", "-x", "-e"]),
        ("p [{list}? -l] [{nothing}? -n] [{yes}? -a {none}] [{yes}?\n'']", &["p", "-l", ""]),
        ("p [--v {yes}] [--w {no}]", &["p", "--v", "true", "--w", "false"]),
        ("p [--q '] [' {x}]", &["p", "--q", "] [", "1 2"]),
    ];
    for (text, expected) in cases {
        assert_eq!(render(text), Ok(expected.iter().map(ToString::to_string).collect()), "`{text}`");
    }
}

#[test]
fn a_long_command_wraps() {
    let fit = command(
        "python3 fit.py --location {location} --year {year} --sex {sex} --root {root}
               [--draws {draws}] --threads {threads} [{verbose}? --verbose]",
    );
    let values = |draws, verbose| {
        fit.render_slots(&[
            Value::One("3"),
            Value::One("1990"),
            Value::One("female"),
            Value::One("/data/of mine"),
            draws,
            Value::One("2"),
            Value::Bool(verbose),
        ])
    };
    let words = |words: &[&str]| Ok(words.iter().map(ToString::to_string).collect::<Vec<_>>());
    let start =
        ["python3", "fit.py", "--location", "3", "--year", "1990", "--sex", "female", "--root", "/data/of mine"];
    assert_eq!(values(Value::Absent, false), words(&[&start[..], &["--threads", "2"]].concat()));
    let all = [&start[..], &["--draws", "100", "--threads", "2", "--verbose"]].concat();
    assert_eq!(values(Value::One("100"), true), words(&all));
}

#[test]
fn a_value_is_one_word_whatever_it_contains() {
    let long = "x".repeat(100_000);
    let nasty = [
        r#"x; rm -rf / $(boom) 'q" *"#,
        "a\nb",
        "",
        " ",
        "{x}",
        "[y]",
        "\\",
        "-",
        "--",
        "~",
        "é中🦀",
        "\u{7f}\t",
        "'",
        long.as_str(),
    ];
    let (plain, list) = (command("p a{v}b '{v}' \"{v}\" [--f {v}]"), command("p {vs}..."));
    for value in nasty {
        let expected = ["p", &format!("a{value}b"), value, value, "--f", value].map(ToOwned::to_owned);
        assert_eq!(plain.render(|_| Some(Value::One(value))), Ok(expected.to_vec()));
    }
    let words = list.render(|_| Some(Value::Many(&nasty))).map(|words| words[1..].to_vec());
    assert_eq!(words, Ok(nasty.map(ToOwned::to_owned).to_vec()));
}

#[test]
fn values_that_do_not_fit_are_errors() {
    let name = |name: &str| name.to_owned();
    let cases = [
        ("p {what}", RenderError::UnknownName { name: name("what") }),
        ("p [{no}? {what}]", RenderError::UnknownName { name: name("what") }),
        ("p {none}", RenderError::AbsentValue { name: name("none") }),
        ("p {none}...", RenderError::AbsentValue { name: name("none") }),
        ("p {list}", RenderError::UnexpectedList { name: name("list") }),
        ("p [a {list}]", RenderError::UnexpectedList { name: name("list") }),
        ("p {x}...", RenderError::NotAList { name: name("x") }),
        ("p [{yes}...]", RenderError::NotAList { name: name("yes") }),
        ("p {nul}", RenderError::Nul { name: name("nul") }),
        ("{empty} p", RenderError::EmptyProgram),
    ];
    for (text, expected) in cases {
        let error = render(text).expect_err("the values don't fit");
        assert_eq!(error, expected, "`{text}`");
    }
    let nul = ["a", "\0"];
    let error = command("p {v}...").render(|_| Some(Value::Many(&nul)));
    assert_eq!(error, Err(RenderError::Nul { name: name("v") }));
}

#[test]
fn errors_say_what_to_do() {
    let said = |text: &str| render(text).expect_err("the values don't fit").to_string();
    assert_eq!(said("p {none}"), "`none` has no value; an optional value goes in a group, `[--flag {none}]`");
    assert_eq!(said("p {list}"), "`list` is a list, which can't stand as `{list}`; write `{list}...`");
    assert_eq!(said("p {x}..."), "`x` is one value, which `{x}...` can't repeat; write `{x}`");
}

#[test]
fn slots_are_the_names_in_order_of_use() {
    let command = command("p {b} [{a}? {b}] {c}");
    assert_eq!(command.names(), ["b", "a", "c"]);
    let words = command.render_slots(&[Value::One("1"), Value::Bool(true), Value::One("3")]);
    assert_eq!(words, Ok(["p", "1", "1", "3"].map(ToOwned::to_owned).to_vec()));
    let error = command.render_slots(&[Value::One("1"), Value::Bool(true)]);
    assert_eq!(error, Err(RenderError::UnknownName { name: "c".to_owned() }));
}

#[test]
fn a_text_is_never_split() {
    let said = |template: &str| text(template).render(|name| value(name, &[]));
    assert_eq!(said("{x}/a 'b' [c] {{{y}}} {x}...\\"), Ok(r"1 2/a 'b' [c] {{x}} 1 2...\".to_owned()));
    assert_eq!(said(""), Ok(String::new()));
    assert_eq!(said("{yes}{empty}"), Ok("true".to_owned()));
    assert_eq!(said("{none}"), Err(RenderError::AbsentValue { name: "none".to_owned() }));
    assert_eq!(said("{list}"), Err(RenderError::UnexpectedList { name: "list".to_owned() }));
    assert_eq!(text("{a}{b}{a}").names(), ["a", "b"]);
}
