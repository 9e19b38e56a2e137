//! Scripts as bash runs them: each value arrives byte for byte, wherever it stands, and nothing of it is run.

use std::path::Path;

use jobmon_syntax::command::{Script, SyntaxErrorKind, Value, find_placeholders_in_shell, parse_shell};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;

/// Values that a shell would split, expand, run or take for the end of a quote.
const NASTY: [&str; 14] = [
    "plain",
    "",
    " a  b\t",
    "two\nlines\n",
    "'",
    "\"",
    "it's \"so\" \\ ",
    "$(touch ran)`touch ran`; touch ran & touch ran | touch ran",
    "*",
    "~ #x",
    "${HOME} $1 ${__jobmon[0]} $'\\n' \\",
    "a[$(touch ran)]",
    "-n {a,b} [x] !!",
    "}) ) `' é\u{1F600}",
];

/// A script, and the words that `p` in it is called with: `<v>` is the value in them, `<l>` the list.
const CONTEXTS: &[(&str, &[&str])] = &[
    ("p {v}", &["<v>"]),
    ("p a{v}b", &["a<v>b"]),
    ("p {v}{v}", &["<v><v>"]),
    ("p \"{v}\" \"a {v} b\"", &["<v>", "a <v> b"]),
    ("p '{v}' 'a {v} b'", &["<v>", "a <v> b"]),
    (r"p $'{v}' $'a\t{v}\'b'", &["<v>", "a\t<v>'b"]),
    ("p $\"{v}\"", &["<v>"]),
    (r#"p "\"{v}\$\\" 'b\'{v}"#, &["\"<v>$\\", "b\\<v>"]),
    (r"p \'{v}\' \${v} \\{v}", &["'<v>'", "$<v>", "\\<v>"]),
    ("p \"$(printf %s. {v})\"", &["<v>."]),
    ("p \"$(printf %s. \"{v}\")\" \"{v}\"", &["<v>.", "<v>"]),
    ("p \"$(printf '%s.' '{v}')\"", &["<v>."]),
    ("p \"$(echo \"$(printf %s. {v})\")\"", &["<v>."]),
    ("p \"`printf %s. {v}`\" {v}", &["<v>.", "<v>"]),
    ("p \"`printf %s. '{v}'`\"", &["<v>."]),
    ("p \"$(case {v} in a) echo;; (b) echo;; *) printf %s. {v};; esac)\" \"{v}\"", &["<v>.", "<v>"]),
    ("p \"$(case x in esac; printf %s. {v})\"", &["<v>."]),
    ("p \"$( # it's a comment )\n printf %s. {v})\"", &["<v>."]),
    ("(p {v}); {{ :; }}", &["<v>"]),
    ("# it's a `comment` \"\np {v}", &["<v>"]),
    ("p a#b {v} # it's", &["a#b", "<v>"]),
    ("p \\\n# it's\nx={v}; p \"$x\"", &["", "<v>"]),
    ("v={v}; p \"$v\"", &["<v>"]),
    ("v={v}; p \"${{v}}\" \"${{v%\"}}\"}}\" ${{#v}}x$#", &["<v>", "<b>", "<n>x<c>"]),
    ("a=({v} {l}... b); p \"${{a[@]}}\"", &["<v>", "<l>", "b"]),
    ("p \"${{none:-\"a b\"}}{v}\"", &["a b<v>"]),
    ("p ${{none:-'}}'}}{v}", &["}<v>"]),
    ("p $((1 << 2)){v} \"$((((1)) + 1)){v}\" \"$[1+1]{v}\"", &["4<v>", "2<v>", "2<v>"]),
    ("((1 < 2)) && p {v}", &["<v>"]),
    ("((true); p {v}\n)", &["<v>"]),
    ("for i in 1 2; do :; done; for ((i = 0; i < 1; i++)); do p {v}; done", &["<v>"]),
    ("if [ -n x{v} ]; then p {v}; fi", &["<v>"]),
    ("if [[ x{v} == \"x\"* ]]; then p {v}; fi", &["<v>"]),
    ("[[ {v} == {v} ]] && p same", &["same"]),
    ("case {v} in {v}) p same;; esac", &["same"]),
    ("f() {{ p {v} \"$1\"; }}; f x", &["<v>", "x"]),
    ("set -- a b c; shift; p {v} \"$1\"", &["<v>", "b"]),
    ("read -r -d '' x <<< {v} || :; p \"$x.\" 2>&1", &["<t>."]),
    ("p \"$(cat <(printf %s. {v}))\"", &["<v>."]),
    ("p {l}...", &["<l>"]),
    ("p a {l}... {v} {l}...;", &["a", "<l>", "<v>", "<l>"]),
    ("p a $(p {l}... >&2 2>/dev/null)", &["a"]),
    ("for x in {l}...; do p \"$x\"; done", &["<l>"]),
    ("f() {{ p {l}...; }}; f x", &["<l>"]),
    ("p {{a,{v}}}z", &["az", "<v>z"]),
    ("p '{{print $1}}' {v}", &["{print $1}", "<v>"]),
    ("p [{v}", &["[<v>"]),
];

fn run(script: &Script, v: &str, l: &[&str], directory: &Path) -> Vec<String> {
    let argv = script.render(|name| Some(if name == "v" { Value::One(v) } else { Value::Many(l) }));
    let mut argv = argv.expect("the values fit");
    argv[4] = format!("p() {{ printf '%s\\0' \"$@\"; }}; {}", argv[4]);
    #[expect(clippy::disallowed_methods, reason = "the shell is what is tested")]
    let mut bash = std::process::Command::new(&argv[0]);
    let output = bash.args(&argv[1..]).current_dir(directory).output().expect("bash is there");
    assert!(output.status.success(), "{argv:?}: {}", String::from_utf8_lossy(&output.stderr));
    let words = String::from_utf8(output.stdout).expect("words are text");
    words.split_terminator('\0').map(ToOwned::to_owned).collect()
}

/// A directory with files that a pattern would find, which holds nothing else afterwards.
fn in_directory(test: impl FnOnce(&Path)) {
    let directory =
        std::env::temp_dir().join(format!("jobmon-shell-{}-{:?}", std::process::id(), std::thread::current().id()));
    std::fs::create_dir_all(&directory).expect("there is room for tests");
    std::fs::write(directory.join("file"), "").expect("there is room for tests");
    test(&directory);
    let names =
        std::fs::read_dir(&directory).expect("it is there").map(|entry| entry.expect("it is there").file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["file"], "something was run");
    std::fs::remove_dir_all(directory).expect("it is there");
}

#[test]
fn values_arrive_byte_for_byte_in_each_context() {
    in_directory(|directory| {
        for (text, expected) in CONTEXTS {
            let script = parse_shell(text).unwrap_or_else(|errors| panic!("{text}: {}", errors[0].picture(text)));
            for (at, v) in NASTY.iter().enumerate() {
                let l: Vec<&str> = NASTY.iter().cycle().skip(at).copied().take([0, 1, 3, 14][at % 4]).collect();
                let arguments = script.render(|name| Some(if name == "v" { Value::One(v) } else { Value::Many(&l) }));
                let count = arguments.expect("the values fit").len() - 6;
                let filled = expected.iter().flat_map(|word| match *word {
                    "<l>" => l.iter().map(|item| (*item).to_owned()).collect(),
                    word => vec![
                        word.replace("<v>", v)
                            .replace("<n>", &v.chars().count().to_string())
                            .replace("<c>", &count.to_string())
                            .replace("<b>", v.strip_suffix('}').unwrap_or(v))
                            .replace("<t>", v.trim_matches(['\t', '\n', ' '])),
                    ],
                });
                // Called without arguments, `p` prints the empty word.
                let mut filled: Vec<String> = filled.collect();
                if filled.is_empty() && !text.starts_with("for") {
                    filled.push(String::new());
                }
                assert_eq!(run(&script, v, &l, directory), filled, "{text} with {v:?} and {l:?}");
            }
        }
    });
}

#[test]
fn more_than_nine_values_are_told_apart() {
    in_directory(|directory| {
        let text: Vec<String> = (0..12).map(|at| format!("{{v{at}}} \"{{v{at}}}\"")).collect();
        let script = parse_shell(&format!("p {}", text.join(" "))).expect("it follows the grammar");
        let values: Vec<String> = (0..12).map(|at| format!("value {at}0")).collect();
        let argv = script.render(|name| Some(Value::One(&values[name[1..].parse::<usize>().expect("a number")])));
        assert_eq!(argv.expect("the values fit")[6..], values);
        let all = parse_shell("p {l}... {v} {l}...").expect("it follows the grammar");
        let l: Vec<&str> = values.iter().map(String::as_str).collect();
        let words = run(&all, "v", &l, directory);
        assert_eq!((words.len(), words[12].as_str(), words[24].as_str()), (25, "v", "value 110"));
    });
}

#[test]
fn a_step_that_fails_fails_the_script() {
    for text in ["false; true", "false | true", "echo $none"] {
        let argv = parse_shell(text).expect("it follows the grammar").render(|_| None).expect("there are no values");
        #[expect(clippy::disallowed_methods, reason = "the shell is what is tested")]
        let mut bash = std::process::Command::new(&argv[0]);
        assert!(!bash.args(&argv[1..]).output().expect("bash is there").status.success(), "{text}");
    }
}

fn first_message(text: &str) -> String {
    let errors = parse_shell(text).expect_err(text);
    assert_eq!(errors.len(), 1, "{text}: {errors:?}");
    errors[0].message()
}

#[test]
fn what_cannot_be_done_safely_is_refused() {
    const QUOTE: &str = "a `'` in an expansion in double quotes is a quote after `#`, and none after `:-`";
    let arithmetic = "arithmetic would run what the value contains";
    let cases = [
        ("", "the command is empty"),
        ("cat <<E\n{v}\nE", "`<<` begins a here-document, in which no value is safe"),
        ("cat <<-'E'\nE", "`<<` begins a here-document, in which no value is safe"),
        ("p # {v}", "a value in a comment is used for nothing"),
        ("echo $(( {v} + 1 ))", arithmetic),
        ("echo $(( \"{v}\" + 1 ))", arithmetic),
        ("(( {v} > 1 )) && p", arithmetic),
        ("for ((i = {v}; i < 3; i++)); do p; done", arithmetic),
        ("echo $[{v}]", arithmetic),
        ("a[{v}]=1", arithmetic),
        ("a[\"{v}\"]=1", arithmetic),
        ("a=([{v}]=1)", arithmetic),
        ("echo ${{a[{v}]}}", "a value can't stand in the expansion of a variable"),
        ("echo \"${{a:-{v}}}\"", "a value can't stand in the expansion of a variable"),
        ("echo `echo \\\\{v}`", "a value can't stand in backquotes that hold a backslash"),
        ("[[ {v} -eq 3 ]] && p", "`-eq` in `[[ ]]` is arithmetic, which would run what the value contains"),
        ("if [[ -v {v} ]]; then p; fi", "`-v` in `[[ ]]` is arithmetic, which would run what the value contains"),
        ("echo \"${{a#'x}}\"", QUOTE),
        ("echo ${v}", "`${v}` would be the argument `v` with a `$` before it"),
        ("echo \"${v}\"", "`${v}` would be the argument `v` with a `$` before it"),
        ("p {v}?", "a script has no optional groups"),
        ("p [{v}? --flag]", "a script has no optional groups"),
        ("p [--flag {v}]", "a script has no optional groups"),
        ("p -I{l}...", "a list stands in a word of its own, outside quotes"),
        ("p {l}....txt", "a list stands in a word of its own, outside quotes"),
        ("x={l}...", "a list stands in a word of its own, outside quotes"),
        ("p \\{v}", "a `\\` doesn't escape a brace"),
        ("p \"\\{v}\"", "a `\\` doesn't escape a brace"),
        ("p 'a", "the quote `'` isn't closed"),
        ("p \"a $(b \" c)\"", "`(` isn't closed by `)`"),
        ("p $(a", "`(` isn't closed by `)`"),
        ("p $(case x in a) b)", "`case` isn't closed by `esac`"),
        ("p ${{a", "`${{` isn't closed by `}}`"),
        ("p `a", "``` isn't closed by ```"),
        ("p $((1", "`((` isn't closed by `))`"),
        ("p a\\", "a `\\` at the end escapes nothing"),
        ("p {}", "`{}` names no argument"),
        ("p {a b}", "`a b` is no name of an argument"),
    ];
    for (text, message) in cases {
        assert_eq!(first_message(text), message, "{text}");
    }
}

/// Whatever the text is, reading it keeps its promises.
fn check(text: &str) {
    match parse_shell(text) {
        Ok(script) => {
            for (placeholder, _) in script.placeholders() {
                assert_eq!(text.get(placeholder.span.clone()), Some(format!("{{{}}}", placeholder.name).as_str()));
            }
            let lists = script.placeholders().any(|(_, usage)| usage == jobmon_syntax::command::Usage::Splice);
            assert!(lists || script.render(|_| Some(Value::One("v"))).is_ok(), "`{text}`");
        }
        Err(errors) => {
            assert!(errors.is_sorted_by_key(|error| error.span.start), "`{text}`: {errors:?}");
            for error in &errors {
                assert!(text.get(error.span.clone()).is_some(), "`{text}`: {error:?}");
                assert_eq!(error.picture(text).lines().count(), 4, "`{text}`: {error:?}");
            }
        }
    }
    for (placeholder, _) in find_placeholders_in_shell(text) {
        assert!(text.get(placeholder.span.clone()).is_some(), "`{text}`");
    }
}

const PIECES: &[&str] = &[
    "{v}", "{v}...", "{v}?", "{{", "}}", "{", "}", "[", "]", "[[", "]]", "'", "\"", "\\", " ", "\n", "a", "=", "$",
    "$(", "$((", "((", "))", "(", ")", "`", "|", "&", ";", "<", "<<", ">", "*", "#", "$'", "${{", "$[", "case ",
    " in ", " esac", ";;", "-eq", "é", "\0",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_text(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_text_of_the_grammar(pieces in vec(select(PIECES), 0..14)) {
        check(&pieces.concat());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Where bash takes a script of quotes, the value arrives in it as a plain word in its place would. All is printed in
    /// hexadecimal digits, since bash splits what comes out of a command as it always does.
    #[test]
    fn a_value_stands_in_any_quotes_as_a_plain_word_would(pieces in vec(select(QUOTES), 0..12), v in select(&NASTY[4..])) {
        let text = format!("p {}", pieces.concat());
        let Ok(script) = parse_shell(&text) else { return Ok(()) };
        let joined = text.replace("\\\n", "");
        if joined.contains("$$") || joined.contains("$*") {
            // The number of a process differs from run to run, and arguments without quotes are split.
            return Ok(());
        }
        let outputs = [v, PLAIN].map(|value| {
            let argv = script.render(|_| Some(Value::One(value))).expect("the value fits");
            let script = format!("p() {{ printf '<%s>' \"$@\" | od -An -v -tx1 | tr -d ' \\n'; }}; {}", argv[4]);
            #[expect(clippy::disallowed_methods, reason = "the shell is what is tested")]
            let mut bash = std::process::Command::new("bash");
            // Without patterns: the directory may hold anything.
            let output = bash.args(["-fc", &script, "jobmon"]).args(&argv[6..]).output().expect("bash is there");
            (output.status.success(), String::from_utf8(output.stdout).expect("digits are text"))
        });
        let [nasty, plain] = outputs;
        if plain.0 {
            let mut expected = plain.1;
            let (mut from, mut to) = (PLAIN.to_owned(), v.to_owned());
            for _ in 0..4 {
                (from, to) = (hex(&from), hex(&to));
                expected = expected.replace(&from, &to);
            }
            prop_assert!(nasty.0, "{}", text);
            prop_assert_eq!(nasty.1, expected, "{}", text);
        }
    }
}

const PLAIN: &str = "Pl4in";

const QUOTES: &[&str] = &[
    "{v}",
    "{v}",
    "'",
    "\"",
    "\"",
    "$'",
    "\\\\",
    "\\\"",
    "\\'",
    " ",
    "a",
    " #",
    "\n p ",
    "$(p ",
    "$(p ",
    ")",
    ")",
    "`p ",
    "`",
    "(",
    "$",
    "[",
    "]",
    "*",
    "\\\n",
    "${{x:-",
    "${{x#",
    "}}",
    "; p ",
    "$((1+",
    "))",
    "$(case a in a) p ",
    ";; esac)",
    " || p ",
];

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"))
}

#[test]
fn the_kind_of_a_mistake_is_known() {
    let errors = parse_shell("cat <<E").expect_err("a here-document");
    assert!(matches!(errors[0].kind, SyntaxErrorKind::Script(_)));
    assert!(errors[0].hint().contains("<<<"));
}
