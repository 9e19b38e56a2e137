//! The command that does by hand what an attempt did.

use crate::model::Launch;
use crate::report::harmless::is_harmful;
use jobmon_syntax::quote::quote;
use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

/// What to type into bash to do what an attempt did: its directory, the variables that it got over the inherited ones,
/// its words. Output that went to a log or a file comes to the terminal.
///
/// It prints as one command, which can be pasted. The run's token is not among the variables: what is started by hand is
/// not the run's, and is not ended with what a run left behind.
///
/// ```
/// use jobmon::prelude::*;
/// # let state = tempfile::tempdir()?;
/// # let options = RunOptions::default().progress(Progress::Off).state(state.path());
/// let mut wf = Tool::new("demo").workflow("by hand");
/// let task = wf.add(Command::new("false").arg("it's").max_attempts(1));
/// # #[cfg(any())]
/// let options = RunOptions::default();
/// let run = wf.run(options)?;
/// let command = run.status_of(task).and_then(|status| status.command).ok_or("it never ran")?;
/// assert_eq!(command.argv, ["false", "it's"]);
/// assert!(command.to_string().contains(r#"false "it's""#) || command.to_string().contains(r"'it'\''s'"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    /// Where it started.
    pub directory: PathBuf,
    /// The variables put over the inherited environment, each once.
    pub env: Vec<(String, String)>,
    /// Program and arguments.
    pub argv: Vec<String>,
}

/// What marks the processes of a run, so that the next one finds what is left of it.
const TOKEN: &str = "JOBMON_RUN_TOKEN";

impl ByHand {
    /// The command of an attempt.
    pub(crate) fn of(launch: Launch) -> Self {
        let Launch { argv, env, directory, .. } = launch;
        let later = |place: usize, name: &String| env[place + 1..].iter().any(|(later, _)| later == name);
        let last = env.iter().enumerate().filter(|(place, (name, _))| !later(*place, name) && name != TOKEN);
        Self { directory, env: last.map(|(_, variable)| variable.clone()).collect(), argv }
    }

    /// Above so many bytes it is not shown: a terminal would scroll away what matters, and many take no longer line.
    pub const LONGEST: usize = 4096;

    /// The command in lines of at most `width` characters where its words allow it, still to be pasted as it is.
    pub(super) fn in_lines(&self, width: usize) -> Vec<String> {
        let mut lines = vec![format!("{} \\", self.beginning())];
        // The words of the task begin a line of their own: they are what one looks for.
        for part in [self.variables(), self.words()] {
            let mut line = String::new();
            for word in part {
                if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                    lines.push(format!("  {line} \\"));
                    line.clear();
                }
                line.push_str(if line.is_empty() { "" } else { " " });
                line.push_str(&word);
            }
            if !line.is_empty() {
                lines.push(format!("  {line} \\"));
            }
        }
        if let Some(last) = lines.last_mut() {
            last.truncate(last.len() - 2);
        }
        lines
    }

    /// `env` starts programs only, where bash has commands of its own under names such as `echo`.
    fn beginning(&self) -> String {
        format!("cd {} && env", word(&self.directory.to_string_lossy()))
    }

    fn variables(&self) -> Vec<String> {
        self.env.iter().map(|(name, value)| word(&format!("{name}={value}")).into_owned()).collect()
    }

    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        // To `env` this would be one more variable.
        if self.argv.first().is_some_and(|program| program.contains('=')) {
            words.extend(["sh", "-c", r#"'exec "$0" "$@"'"#].map(str::to_owned));
        }
        words.extend(self.argv.iter().map(|argument| word(argument).into_owned()));
        words.push("</dev/null".to_owned());
        words
    }
}

impl fmt::Display for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.beginning())?;
        self.variables().iter().chain(&self.words()).try_for_each(|word| write!(f, " {word}"))
    }
}

/// A word as bash reads it back, harmless to look at: what a terminal would act on is spelled out, but for the ends of
/// lines, so that scripts stay readable.
pub(super) fn word(text: &str) -> Cow<'_, str> {
    let is_spelled_out = |c: char| c != '\n' && is_harmful(c);
    if !text.contains(is_spelled_out) {
        // None of them is the first word, so that `if` and `a=b` are words like others.
        return quote(text);
    }
    let mut word = "$'".to_owned();
    for c in text.chars() {
        match c {
            // An interactive bash would look for `!` in its history, and older ones lose count of quotes.
            '\\' | '\'' | '!' => word.extend(bytes(c)),
            c if is_spelled_out(c) => word.extend(bytes(c)),
            c => word.push(c),
        }
    }
    word.push('\'');
    Cow::Owned(word)
}

fn bytes(c: char) -> Vec<String> {
    c.to_string().bytes().map(|byte| format!("\\x{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_hand(argv: &[&str], env: &[(&str, &str)]) -> ByHand {
        ByHand {
            directory: "/data/my work".into(),
            env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    #[test]
    fn words_that_a_shell_or_a_terminal_acts_on_are_quoted() {
        let argv = ["sh", "-c", "echo $0\nexit", "it's", "\x1b[2J!'", "é\u{85}", "", "a=b"];
        insta::assert_snapshot!(by_hand(&argv, &[("A", "1"), ("B", "x y")]), @r#"
        cd '/data/my work' && env A=1 'B=x y' sh -c 'echo $0
        exit' "it's" $'\x1b[2J\x21\x27' $'é\xc2\x85' '' a=b </dev/null
        "#);
    }

    #[test]
    fn a_program_that_looks_like_a_variable_is_still_a_program() {
        insta::assert_snapshot!(by_hand(&["/data/year=1990/run", "x"], &[]), @r#"cd '/data/my work' && env sh -c 'exec "$0" "$@"' /data/year=1990/run x </dev/null"#);
    }

    #[test]
    fn a_long_command_is_broken_between_words() {
        let long = by_hand(
            &["python3", "fit.py", "--location", "3", "--year", "1990"],
            &[("JOBMON_TASK_ID", "1"), ("JOBMON_TASK_NAME", "fit location=3 year=1990")],
        );
        insta::assert_snapshot!(long.in_lines(30).join("\n"), @r"
        cd '/data/my work' && env \
          JOBMON_TASK_ID=1 \
          'JOBMON_TASK_NAME=fit location=3 year=1990' \
          python3 fit.py --location 3 \
          --year 1990 </dev/null
        ");
    }
}
