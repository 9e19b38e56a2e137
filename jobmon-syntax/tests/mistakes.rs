//! Each mistake in a command: what is said, where, and what to write instead.

use jobmon_syntax::command::{SyntaxError, find_placeholders, parse, parse_text};

/// A text with its errors, each as `message @ the text under the carets`.
type Cases = &'static [(&'static str, &'static [&'static str])];

fn check(cases: Cases, parse: impl Fn(&str) -> Option<Vec<SyntaxError>>) {
    for (text, expected) in cases {
        let errors = parse(text).unwrap_or_default();
        let told = |error: &SyntaxError| format!("{} @ {}", error.message(), &text[error.span.clone()]);
        assert_eq!(errors.iter().map(told).collect::<Vec<_>>(), *expected, "the mistakes of `{text}`");
        for error in &errors {
            assert!(!error.hint().is_empty(), "`{}` says what to write instead", error.message());
        }
    }
}

#[test]
fn each_mistake_in_a_command_is_told_where_it_is() {
    check(COMMANDS, |text| parse(text).err());
}

#[test]
fn each_mistake_in_a_text_is_told_where_it_is() {
    check(TEXTS, |text| parse_text(text).err());
}

const COMMANDS: Cases = &[
    ("", &["the command is empty @ "]),
    ("   ", &["the command is empty @    "]),
    ("\\\n  \\\n   ", &["the command is empty @ \\\n  \\\n   "]),
    (
        "for i in $(seq {n}); do p [$i] * ~/{1} > x; done",
        &["`for` is a part of the shell, not a program @ for", "`{1}` is a position; arguments go by name @ {1}"],
    ),
    ("p {x", &["`{` isn't closed @ {"]),
    ("p x}", &["`}` closes nothing @ }"]),
    ("p \\{x\\}", &["a `\\` doesn't escape a brace @ \\{", "a `\\` doesn't escape a brace @ \\}"]),
    ("p {}", &["`{}` names no argument @ {}"]),
    ("p {0}", &["`{0}` is a position; arguments go by name @ {0}"]),
    ("p { x }", &["`{ x }` has white space in its braces @ { x }"]),
    ("p {x...}", &["`...` stands after the brace @ {x...}"]),
    ("p {x?}", &["`?` stands after the brace @ {x?}"]),
    ("p {x:>3}", &["`{x:>3}` has a format; values are written as they are @ {x:>3}"]),
    ("p {x!r}", &["`{x!r}` has a conversion; values are written as they are @ {x!r}"]),
    ("p {x.y}", &["`{x.y}` reaches into an argument @ {x.y}"]),
    ("p {r#type}", &["`r#` is no part of the name `type` @ {r#type}"]),
    ("p {a,b}", &["`{a,b}` is a brace expansion, which only a shell can do @ {a,b}"]),
    ("p {1..3}", &["`{1..3}` is a brace expansion, which only a shell can do @ {1..3}"]),
    ("p {_}", &["`_` is no name of an argument @ {_}"]),
    ("p {x-y}", &["`x-y` is no name of an argument @ {x-y}"]),
    ("awk '{print $1}'", &["`print $1` is no name of an argument @ {print $1}"]),
    (
        "awk '{ if ($1) { print } }'",
        &["`{` isn't closed @ {", "`{ print }` has white space in its braces @ { print }", "`}` closes nothing @ }"],
    ),
    ("p \"{x\" y", &["`{` isn't closed @ {"]),
    ("p '{x' y", &["`{` isn't closed @ {"]),
    ("p \"{x\" 'y}'", &["`{` isn't closed @ {", "`}` closes nothing @ }"]),
    ("p {x' 'y}", &["`{` isn't closed @ {", "`}` closes nothing @ }"]),
    ("p [[{x}? -v]]", &["a group can't stand in another @ ["]),
    ("p 'x", &["the quote `'` isn't closed @ '"]),
    ("p \"x {a}", &["the quote `\"` isn't closed @ \""]),
    ("p x\\", &["a `\\` at the end escapes nothing @ \\"]),
    ("p \0", &["no argument of a program can contain a NUL @ \0"]),
    ("p '\0'", &["no argument of a program can contain a NUL @ \0"]),
    ("cat {a} | sort", &["`|` is a pipe @ |"]),
    ("a || b", &["`||` joins commands @ ||"]),
    ("a && b", &["`&&` joins commands @ &&"]),
    ("a & b", &["`&` starts a command in the background @ &"]),
    ("a; b", &["`;` ends a command @ ;"]),
    ("a < b", &["`<` and `>` redirect @ <"]),
    ("a > b", &["`<` and `>` redirect @ >"]),
    ("a 2>&1", &["`<` and `>` redirect @ >&"]),
    ("a >> b", &["`<` and `>` redirect @ >>"]),
    ("(a b)", &["`(` and `)` group commands @ ("]),
    ("a <(b c)", &["`<` and `>` redirect @ <", "`(` and `)` group commands @ ("]),
    ("p $HOME/x", &["`$` is a shell variable @ $"]),
    ("p \"$x\"", &["`$` is a shell variable @ $"]),
    ("p ${x}", &["`$` is a shell variable @ $"]),
    ("p $(ls {a})", &["`$(..)` and backquotes insert the output of a command @ $("]),
    ("p \"$(ls)\"", &["`$(..)` and backquotes insert the output of a command @ $("]),
    ("p `ls {a}`", &["`$(..)` and backquotes insert the output of a command @ `"]),
    ("p $?", &["`$` is a shell variable @ $"]),
    ("p *.csv", &["`*` is a pattern of file names @ *"]),
    ("p a?", &["`?` is a pattern of file names @ ?"]),
    ("p a[0-9].txt", &["`[` inside a word is a pattern of file names @ ["]),
    ("p --x[{a}]", &["`[` inside a word is a pattern of file names @ ["]),
    (
        "tr [a-z] [A-Z]",
        &[
            "nothing decides whether this group is written @ [a-z]",
            "nothing decides whether this group is written @ [A-Z]",
        ],
    ),
    ("~/bin/p", &["`~` is a home directory, which only a shell finds @ ~"]),
    ("p ~/x", &["`~` is a home directory, which only a shell finds @ ~"]),
    ("# p", &["`#` begins a comment, which only a shell skips @ #"]),
    ("p # c ", &["`#` begins a comment, which only a shell skips @ #"]),
    (" a=b p", &["`a=` is a variable assignment, which only a shell can do @ a=b"]),
    ("A=$B p", &["`A=` is a variable assignment, which only a shell can do @ A=$B", "`$` is a shell variable @ $"]),
    ("! p", &["`!` negates the exit status of a command, which only a shell can do @ !"]),
    ("cd {dir}", &["`cd` is a part of the shell, not a program @ cd"]),
    ("export A", &["`export` is a part of the shell, not a program @ export"]),
    ("'' p", &["the program is the empty word @ ''"]),
    ("\"\" p", &["the program is the empty word @ \"\""]),
    ("[x] p", &["the program can't be optional @ [x]"]),
    ("[{x}? p] q", &["the program can't be optional @ [{x}? p]"]),
    ("{x}... p", &["the program can't be a list @ {x}..."]),
    ("-I{x}...", &["the program can't be a list @ -I{x}..."]),
    ("[] p", &["the group has no words @ []"]),
    ("p {x}?", &["`?` makes a guard only of the first thing in a group @ {x}?"]),
    ("p [-v {x}?]", &["`?` makes a guard only of the first thing in a group @ {x}?"]),
    ("p [{x}?--v]", &["a guard is a word of its own @ {x}?"]),
    ("p [{x}? {y}? -v]", &["`?` makes a guard only of the first thing in a group @ {y}?"]),
    ("p [{x}?]", &["the group has no words @ [{x}?]"]),
    ("p []", &["the group has no words @ []"]),
    ("p [ ]", &["the group has no words @ [ ]"]),
    ("p [-v]", &["nothing decides whether this group is written @ [-v]"]),
    ("p [-a {x} [-b {y}]]", &["a group can't stand in another @ ["]),
    ("p [-a {x}", &["`[` isn't closed @ ["]),
    ("p -a {x}]", &["`]` closes nothing @ ]"]),
    ("p ]", &["`]` closes nothing @ ]"]),
    ("p [-a {x}].txt", &["`]` closes a group only at a word's end @ ]"]),
    ("p [-a {x}][-b {y}]", &["`]` closes a group only at a word's end @ ]"]),
    ("p [-a {x}]]", &["`]` closes nothing @ ]"]),
    ("p {x}...{y}...", &["a word can be repeated for one list only @ {y}..."]),
    ("p {x}....txt", &["nothing can follow a list in its word @ .txt"]),
    ("p {x}...{y}", &["nothing can follow a list in its word @ {y}"]),
    ("p {x}...\"a\"", &["nothing can follow a list in its word @ a\""]),
    ("p {x}...?", &["`?` is a pattern of file names @ ?", "nothing can follow a list in its word @ ?"]),
    ("p }", &["`}` closes nothing @ }"]),
    ("p {{x}", &["`}` closes nothing @ }"]),
    ("p {x}}", &["`}` closes nothing @ }"]),
    (
        "python $HOME/p.py *.csv {a:>3} {0} 'oops",
        &[
            "`$` is a shell variable @ $",
            "`*` is a pattern of file names @ *",
            "`{a:>3}` has a format; values are written as they are @ {a:>3}",
            "`{0}` is a position; arguments go by name @ {0}",
            "the quote `'` isn't closed @ '",
        ],
    ),
    ("python p.py --in {imput} | tee log", &["`|` is a pipe @ |"]),
    (
        "p é{ü} {π?} | ~",
        &[
            "`?` stands after the brace @ {π?}",
            "`|` is a pipe @ |",
            "`~` is a home directory, which only a shell finds @ ~",
        ],
    ),
    ("''\"\" p", &["the program is the empty word @ ''\"\""]),
    ("p [-a {x}] $", &["`$` is a shell variable @ $"]),
    ("p a]b", &["`]` closes nothing @ ]"]),
    (
        "p `a` `b`",
        &[
            "`$(..)` and backquotes insert the output of a command @ `",
            "`$(..)` and backquotes insert the output of a command @ `",
        ],
    ),
];

const TEXTS: Cases = &[
    ("", &[]),
    ("{root}/a b'c\"d\\e$f*[g]?|h...{x}...", &[]),
    ("{{literal}}", &[]),
    ("{root", &["`{` isn't closed @ {"]),
    ("root}", &["`}` closes nothing @ }"]),
    (
        "{}/{0}/{x?}",
        &[
            "`{}` names no argument @ {}",
            "`{0}` is a position; arguments go by name @ {0}",
            "`?` stands after the brace @ {x?}",
        ],
    ),
    ("a\0b", &["no argument of a program can contain a NUL @ \0"]),
];

fn picture(text: &str) -> String {
    let errors = parse(text).expect_err("the command is wrong");
    errors.iter().map(|error| error.picture(text)).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_picture_points_at_the_mistake() {
    assert_eq!(
        picture("python {a:>3} | tee"),
        "\
`{a:>3}` has a format; values are written as they are
  python {a:>3} | tee
         ^^^^^^
write `{a}` and give the argument the value that is to be written
`|` is a pipe
  python {a:>3} | tee
                ^
no shell runs this command; write `shell = true` to have one, or quote the character"
    );
}

#[test]
fn the_picture_shows_the_line_of_the_mistake() {
    assert_eq!(
        picture("python p.py\n\t   --é\t{ü} 'open  \n  end"),
        "the quote `'` isn't closed\n  --é {ü} 'open\n          ^\nclose it, or write `\\` before a quote that is text"
    );
    // What spans lines is shown by its first.
    assert!(picture("p [-a\n  -b] c").contains("\n  p [-a\n    ^^^\n"));
    // A place past the end has a caret too.
    assert_eq!(picture(""), "the command is empty\n  \n  ^\nwrite the program and its arguments");
    assert!(picture("p \0\u{1b}[1m").contains("\n  p \u{fffd}\u{fffd}[1m\n    ^\n"));
}

#[test]
fn a_picture_of_another_text_is_wrong_but_no_panic() {
    let errors = parse("python x | y").expect_err("a pipe");
    assert!(errors[0].picture("éé").starts_with("`|` is a pipe\n  éé\n"));
}

#[test]
fn what_is_used_is_known_in_a_wrong_command_too() {
    let text = "p {a} | q \"$({b})\" {c...} [{d?} --e {e:>3}] {f}...{g}... {h}? x[{i}] {0} ${j}";
    let found = find_placeholders(text);
    let names: Vec<_> = found.iter().map(|(placeholder, _)| placeholder.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
}
