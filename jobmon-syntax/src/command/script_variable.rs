//! Variables that hold values, where bash reads what is in a variable as its own language: arithmetic runs the
//! substitutions in a value that came by way of a variable, `v={x}; echo $((v + 1))`.
//!
//! What is set by other means than an assignment, a loop or `read` is not seen.

use std::collections::BTreeSet;
use std::ops::Range;

use super::error::SyntaxError;
use super::script_error::ScriptSyntax;
use super::script_parser::{Parser, Token};

/// What was seen of variables while a script was read. Places are bytes of the text.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pending: Vec<Pending>,
    /// The two words before, in the order in which they came.
    recent: [String; 2],
    /// Variables, each with the place of what it is set to.
    set: Vec<(String, Range<usize>)>,
    /// Where all names are variables whose text is evaluated.
    evaluated: Vec<Range<usize>>,
    /// Where names with a `$` are.
    tested: Vec<Range<usize>>,
    /// Where values are evaluated at once.
    at_once: Vec<Range<usize>>,
    /// The indices of what is set, each with the name of the list.
    indices: Vec<(String, Range<usize>)>,
    /// `${..}`.
    expansions: Vec<Range<usize>>,
    integers: BTreeSet<String>,
    maps: BTreeSet<String>,
}

/// What goes on until a word, a command or a list ends.
#[derive(Debug)]
struct Pending {
    what: What,
    start: usize,
    /// How much was open around it.
    depth: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    /// `name=`.
    Assignment(String),
    /// `name=(`.
    List(String),
    /// `for name in`.
    Loop(String),
    /// `read`, which sets the names after it.
    Read,
    /// `let`.
    Let,
    /// `declare` and the like, with the letters of its options.
    Declare(String),
}

/// Words after which a command begins.
const BEFORE_COMMANDS: [&str; 11] = ["do", "then", "else", "elif", "if", "while", "until", "{", "!", "time", "coproc"];

impl Seen {
    /// A `=` outside quotes, behind the word so far.
    pub(super) fn equals(&mut self, text: &str, word: &str, at: usize, depth: usize) {
        let word = word.strip_suffix('+').unwrap_or(word);
        let (name, index) = word.split_once('[').unwrap_or((word, ""));
        if is_name(name) && (index.is_empty() || index.ends_with(']')) {
            self.pending.push(Pending { what: What::Assignment(name.to_owned()), start: at, depth });
            let start = text[..at].rfind(&format!("{name}[")).filter(|_| !index.is_empty());
            self.indices.extend(start.map(|start| (name.to_owned(), start + name.len() + 1..at)));
        }
    }

    /// A word outside quotes has ended; `next` is what follows it.
    pub(super) fn word(&mut self, word: &str, begins: bool, at: usize, depth: usize, next: Option<char>) {
        let begins = begins || BEFORE_COMMANDS.contains(&self.recent[1].as_str());
        if let Some(Pending { what: What::Assignment(name), start, depth: own }) = self.pending.last_mut()
            && *own == depth
        {
            let name = std::mem::take(name);
            if *start == at && next == Some('(') {
                self.pending.last_mut().expect("it is there").what = What::List(name);
            } else {
                self.set.push((name, *start..at));
                self.pending.pop();
            }
        }
        let what = match (word, &self.recent) {
            ("in", [r#for, name]) if matches!(r#for.as_str(), "for" | "select") && is_name(name) => {
                Some(What::Loop(name.clone()))
            }
            ("read", _) if begins => Some(What::Read),
            ("let", _) if begins => Some(What::Let),
            ("declare" | "typeset" | "local" | "export" | "readonly", _) if begins => {
                Some(What::Declare(String::new()))
            }
            _ => None,
        };
        self.pending.extend(what.map(|what| Pending { what, start: at, depth }));
        if let Some(Pending { what: What::Declare(options), .. }) = self.pending.last_mut()
            && let Some(letters) = word.strip_prefix('-')
        {
            options.push_str(letters);
        }
        self.recent = [std::mem::take(&mut self.recent[1]), word.to_owned()];
    }

    /// A command has ended.
    pub(super) fn command(&mut self, text: &str, at: usize, depth: usize) {
        while let Some(Pending { what, start, .. }) = self.pending.pop_if(|pending| pending.depth >= depth) {
            let place = start..at;
            let names = || text[start..at].split_whitespace().map(|word| word.split(['=', '+']).next().unwrap_or(word));
            match what {
                What::Assignment(name) | What::List(name) | What::Loop(name) => self.set.push((name, place)),
                What::Read => {
                    let names = names().filter(|name| is_name(name));
                    self.set.extend(names.map(|name| (name.to_owned(), place.clone())));
                }
                What::Let => self.at_once.push(place),
                What::Declare(options) => {
                    if options.contains('i') {
                        self.integers.extend(names().map(str::to_owned));
                    } else if options.contains('A') {
                        self.maps.extend(names().map(str::to_owned));
                    }
                }
            }
        }
    }

    /// A list in parentheses has ended.
    pub(super) fn parenthesis(&mut self, at: usize, depth: usize) {
        if let Some(Pending { what: What::List(name), start, .. }) =
            self.pending.pop_if(|pending| pending.depth == depth && matches!(pending.what, What::List(_)))
        {
            self.set.push((name, start..at));
        }
    }

    pub(super) fn arithmetic(&mut self, place: Range<usize>) {
        self.evaluated.push(place);
    }

    pub(super) fn expansion(&mut self, place: Range<usize>) {
        self.expansions.push(place);
    }

    /// A test in `[[ ]]`, in which these operators evaluate the words beside them.
    pub(super) fn test(&mut self, text: &str, place: Range<usize>, operators: &[&str]) {
        let mut words = Vec::new();
        let mut at = place.start;
        for word in text[place].split_inclusive(char::is_whitespace) {
            words.push(at..at + word.trim_end().len());
            at += word.len();
        }
        words.retain(|word| !word.is_empty());
        for (at, word) in words.iter().enumerate() {
            let written = &text[word.clone()];
            let beside = [at.checked_sub(1).and_then(|at| words.get(at)), words.get(at + 1)];
            if matches!(written, "-v" | "-R") {
                self.tested.extend(beside[1].cloned());
            } else if operators.contains(&written) {
                self.evaluated.extend(beside.into_iter().flatten().cloned());
            }
        }
    }
}

impl Parser<'_> {
    /// Tells where a value is evaluated by way of a variable.
    pub(super) fn tell_variables(&mut self) {
        let text = self.text;
        self.seen.command(text, text.len(), 0);
        let mut seen = std::mem::take(&mut self.seen);
        for place in std::mem::take(&mut seen.expansions) {
            seen.evaluated.extend(evaluated_in_expansion(text, place, &seen.maps));
        }
        let (indices, maps) = (std::mem::take(&mut seen.indices), &seen.maps);
        let of_lists = indices.into_iter().filter(|(name, _)| !maps.contains(name));
        seen.evaluated.extend(of_lists.map(|(_, place)| place));
        let values: Vec<Range<usize>> = self
            .tokens
            .iter()
            .filter(|(token, _)| matches!(token, Token::Value(_)))
            .map(|(_, at)| at.clone())
            .collect();
        let inside = |place: &Range<usize>| values.iter().find(|value| place.contains(&value.start)).cloned();
        let mut holding: BTreeSet<&str> = BTreeSet::new();
        loop {
            let known = holding.len();
            for (name, place) in seen.set.iter().filter(|(_, place)| !is_number(&text[place.clone()])) {
                let refers = || names(text, place.clone(), Names::WithDollar).any(|(name, _)| holding.contains(name));
                if inside(place).is_some() || refers() {
                    holding.insert(name);
                }
            }
            if holding.len() == known {
                break;
            }
        }
        let mut wrong: Vec<(Range<usize>, ScriptSyntax)> = Vec::new();
        let integers = seen.set.iter().filter(|(name, _)| seen.integers.contains(name)).map(|(_, place)| place);
        let at_once: Vec<&Range<usize>> = seen.at_once.iter().chain(integers).collect();
        for place in &at_once {
            wrong.extend(inside(place).map(|value| (value, ScriptSyntax::ValueInArithmetic)));
        }
        let evaluated = seen.evaluated.iter().chain(at_once).map(|place| (place, Names::All));
        let places = evaluated.chain(seen.tested.iter().map(|place| (place, Names::WithDollar)));
        for (name, at) in places.flat_map(|(place, which)| names(text, place.clone(), which)) {
            if holding.contains(name) {
                wrong.push((at, ScriptSyntax::VariableInArithmetic { name: name.to_owned() }));
            }
        }
        wrong.sort_by_key(|(place, _)| place.start);
        wrong.dedup_by_key(|(place, _)| place.start);
        for (place, syntax) in wrong {
            self.errors.push(SyntaxError::new(super::error::SyntaxErrorKind::Script(syntax), place));
        }
    }
}

/// The index, and the offset and length of a part, in the inside of `${..}`.
fn evaluated_in_expansion(text: &str, place: Range<usize>, maps: &BTreeSet<String>) -> Vec<Range<usize>> {
    let inside = &text[place.clone()];
    let begin = inside.find(|c: char| !matches!(c, '#' | '!' | '{')).unwrap_or(inside.len());
    let length = inside[begin..].find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(inside.len() - begin);
    let (name, mut at) = (&inside[begin..begin + length], begin + length);
    let mut evaluated = Vec::new();
    if inside[at..].starts_with('[')
        && let Some(end) = inside[at..].find(']')
    {
        if !maps.contains(name) {
            evaluated.push(place.start + at + 1..place.start + at + end);
        }
        at += end + 1;
    }
    if inside[at..].starts_with(':') && !inside[at + 1..].starts_with(['-', '+', '=', '?']) {
        evaluated.push(place.start + at + 1..place.end);
    }
    evaluated
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    All,
    WithDollar,
}

/// The names of variables in a place.
fn names(text: &str, place: Range<usize>, which: Names) -> impl Iterator<Item = (&str, Range<usize>)> {
    let of_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let inside = &text[place.clone()];
    let starts = inside.char_indices().filter(move |(at, c)| of_name(*c) && !inside[..*at].ends_with(of_name));
    starts.filter_map(move |(at, _)| {
        let rest = &inside[at..];
        let name = &rest[..rest.find(|c| !of_name(c)).unwrap_or(rest.len())];
        let before = inside[..at].trim_end_matches(['#', '!']);
        let is_value = inside[..at].ends_with('{') && !inside[..at].ends_with("{{");
        let dollar = before.ends_with('$') || before.trim_end_matches('{').ends_with('$') && before.ends_with('{');
        // What is set is not read.
        let after = rest[name.len()..].trim_start().trim_start_matches('+');
        let is_set = after.starts_with('=') && !after.starts_with("==") && !dollar;
        // How much there is of it is a number.
        let is_set = is_set || inside[..at].ends_with("{#");
        let counts = is_name(name) && !is_value && !is_set && (which == Names::All || dollar);
        counts.then(|| (name, place.start + at..place.start + at + name.len()))
    })
}

/// Whether what a variable is set to is a number, whatever the value is: `$(printf %d {x})` fails for all else.
fn is_number(set: &str) -> bool {
    let set = set.strip_prefix('"').and_then(|set| set.strip_suffix('"')).unwrap_or(set);
    let inside = set.strip_prefix("$(printf").and_then(|set| set.strip_prefix(" %d "));
    let inside = inside.and_then(|set| set.strip_suffix(')'));
    inside.is_some_and(|word| !word.contains([' ', ';', '|', '&', '(', '`', '\n']))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use crate::command::{ScriptSyntax, SyntaxErrorKind, parse_shell};

    /// The variables and values that are told, in order of place.
    fn told(script: &str) -> String {
        let errors = parse_shell(script).err().unwrap_or_default();
        let told = errors.iter().map(|error| match &error.kind {
            SyntaxErrorKind::Script(ScriptSyntax::VariableInArithmetic { name }) => {
                assert_eq!(&script[error.span.clone()], name, "{script}");
                name.clone()
            }
            SyntaxErrorKind::Script(ScriptSyntax::ValueInArithmetic) => script[error.span.clone()].to_owned(),
            other => format!("{other:?}"),
        });
        told.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_value_is_followed_through_variables_into_arithmetic() {
        for (script, expected) in [
            ("v={x}; echo $((v + 1))", "v"),
            ("v={x}; echo $(( $v + ${{v}} ))", "v v"),
            ("v=\"a {x}\"\nif (( v > 3 )); then true; fi", "v"),
            ("for (( i = 0; i < n; i++ )); do echo; done; n={x}", "n"),
            ("for v in a {xs}...; do echo $((v * 2)); done", "v"),
            ("for v in {xs}...\ndo let n=v+1; done", "v"),
            ("v=({xs}...); echo $((v[0])) ${{v[@]}} ${{#v[@]}}", "v"),
            ("v={x}; w=${{v%.txt}}; u=\"$w\"; echo \"$((u))\"", "u"),
            ("v=$(basename {x}); [[ $v -lt 3 ]]", "v"),
            ("v={x}; [[ v -eq 3 && $v == v ]]", "v"),
            ("v={x}; [[ -v a[$v] ]]", "v"),
            ("v={x}; a[v]=3; a[$v]+=3; b=(a b); echo ${{b[v]}} ${{b[$v]}}", "v v v v"),
            ("v={x}; echo ${{s:v}} ${{s:0:v}} ${{s: -v}}", "v v v"),
            ("v={x}; echo $[v]", "v"),
            ("let v={x}", "{x}"),
            ("if true; then let v=$w; fi; w={x}", "w"),
            ("declare -i v={x}", "{x}"),
            ("declare -i v; v={x}", "{x}"),
            ("local -r -i v=$w; w={x}", "w"),
            ("read -r v w <<< {x}; echo $((w))", "w"),
            ("f() {{ v={x}; echo $(( v )); }}; f", "v"),
            ("(v={x}; (( v )))", "v"),
            ("v+={x}; echo $((v))", "v"),
        ] {
            assert_eq!(told(script), expected, "{script}");
        }
    }

    #[test]
    fn an_expansion_that_backquotes_end_is_no_matter() {
        assert!(told("`$[\u{a1}`").contains("Unclosed") && told("`${{\u{a1}`").contains("Unclosed"));
    }

    #[test]
    fn what_is_no_value_or_no_arithmetic_is_left_alone() {
        for script in [
            "n=3; v={x}; echo $((n + 1)) \"$v\" ${{v%.txt}} ${{v:-a}} ${{v:?b}} ${{#v}}",
            "v={x}; [ \"$v\" -lt 3 ]; [[ $v == v ]]; [[ -v v && -n $v ]]; [[ 3 -lt 4 && $v == a ]]",
            "for v in {xs}...; do a[i++]=$v; done; for (( i = 0; i < ${{#a[@]}}; i++ )); do echo \"${{a[i]}}\"; done",
            "declare -A m; v={x}; m[a]=$v; echo ${{m[$v]}} ${{m[v]}}",
            "n=$(printf %d {x}); echo $((n + 1)); m=\"$(printf %d \"$v\")\"; (( m > n ))",
            "echo let v={x}; declare -r v={x}; declare -a w={x}",
            "v={x}; echo 'v $((v' \"a v\"; # $((v))",
            "while read -r v; do echo $((v)); done < {file}",
            "v={x}; v2=3; echo $((v2)) $((_v))",
        ] {
            assert_eq!(told(script), "", "{script}");
        }
    }
}
