//! What a script for bash can't contain, and what to do about it.

/// A mistake that only a script can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptSyntax {
    /// `<<`.
    HereDocument,
    /// `# {x}`.
    ValueInComment,
    /// `$(( {x} ))`.
    ValueInArithmetic,
    /// `v={x}; echo $((v))`.
    VariableInArithmetic {
        /// The variable.
        name: String,
    },
    /// `${{v:-{x}}}`.
    ValueInExpansion,
    /// `"${{v#'x'}}"`.
    QuoteInExpansion,
    /// A value in backquotes that hold a backslash.
    ValueInBackquotes,
    /// `[[ {x} -eq 3 ]]`.
    ValueInTest {
        /// The operator.
        operator: &'static str,
    },
    /// `${x}`.
    DollarBeforeValue {
        /// The name of the value.
        name: String,
    },
    /// `{x}?`.
    Guard {
        /// The name of the value.
        name: String,
    },
    /// `[--flag {x}]`.
    Group,
    /// `-I{dirs}...`.
    ListInWord {
        /// The name of the list.
        name: String,
    },
    /// `$(` without `)`.
    Unclosed {
        /// What opened it.
        opened: &'static str,
        /// What would close it.
        closes: &'static str,
    },
}

impl ScriptSyntax {
    /// What is wrong, in a few words.
    pub(super) fn message(&self) -> String {
        let text = match self {
            Self::HereDocument => "`<<` begins a here-document, in which no value is safe",
            Self::ValueInComment => "a value in a comment is used for nothing",
            Self::ValueInArithmetic => "arithmetic would run what the value contains",
            Self::VariableInArithmetic { name } => {
                return format!("the variable `{name}` holds a value, and arithmetic would run what it contains");
            }
            Self::ValueInExpansion => "a value can't stand in the expansion of a variable",
            Self::QuoteInExpansion => {
                "a `'` in an expansion in double quotes is a quote after `#`, and none after `:-`"
            }
            Self::ValueInBackquotes => "a value can't stand in backquotes that hold a backslash",
            Self::ValueInTest { operator } => {
                return format!("`{operator}` in `[[ ]]` is arithmetic, which would run what the value contains");
            }
            Self::DollarBeforeValue { name } => {
                return format!("`${{{name}}}` would be the argument `{name}` with a `$` before it");
            }
            Self::Guard { .. } | Self::Group => "a script has no optional groups",
            Self::ListInWord { .. } => "a list stands in a word of its own, outside quotes",
            Self::Unclosed { opened, closes } => return format!("`{opened}` isn't closed by `{closes}`"),
        };
        text.to_owned()
    }

    /// What to write instead.
    pub(super) fn hint(&self) -> String {
        let text = match self {
            Self::HereDocument => "put the text in a file, or write `printf '%s\\n' {x} |` or `<<< {x}`",
            Self::ValueInComment => "leave it out; a brace that is text is doubled: `{{` and `}}`",
            Self::ValueInArithmetic | Self::VariableInArithmetic { .. } => {
                "give it to a variable as a number first, which fails for all else: `n=$(printf %d {x})`, then `$((n + 1))`"
            }
            Self::ValueInExpansion => "give it to a variable first: `v={x}`, then `${{v%.txt}}`",
            Self::QuoteInExpansion => "give the text to a variable first: `q=\"it's\"`, then `$q`",
            Self::ValueInBackquotes => "write `$(..)` instead of the backquotes",
            Self::ValueInTest { .. } => "write `[ {x} -eq 3 ]`, which takes numbers only",
            Self::DollarBeforeValue { name } => {
                return format!("write `{{{name}}}` for the value, or `${name}` or `${{{{{name}}}}}` for a variable");
            }
            Self::Guard { name } => {
                return format!("write `if [ {{{name}}} = true ]; then ..; fi`; a `?` that is text is quoted: `'?'`");
            }
            Self::Group => "write `if`, or give what is optional as a list, which may be empty: `{x}...`",
            Self::ListInWord { name } => {
                return format!(
                    "put spaces around `{{{name}}}...`, or write `for item in {{{name}}}...; do .. \"$item\"; done`"
                );
            }
            Self::Unclosed { .. } => "close it, or quote it if it is text",
        };
        text.to_owned()
    }
}
