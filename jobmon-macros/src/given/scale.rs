//! Readers of how a request grows.

use super::{Given, UNIT, digits, literal_of, ungrouped};
use crate::diagnostics::Diagnostics;
use jobmon_syntax::units::UnitError;
use syn::{Expr, ExprArray, ExprPath, Lit, LitStr};

/// What the next attempt gets after one had too little.
pub(crate) enum Growth {
    /// What it had, multiplied by this.
    By(f64),
    /// The next of these.
    Steps(Vec<Step>),
    /// What this function makes of what it had.
    Function(ExprPath),
}

/// One step: as it is written, and in bytes or seconds.
pub(crate) struct Step {
    pub(crate) text: LitStr,
    pub(crate) amount: u64,
}

type Parse = fn(&str) -> Result<u64, UnitError>;

impl Given {
    /// A multiplier above 1, steps that rise, or the name of a function.
    pub(crate) fn growth(&self, parse: Parse, errors: &mut Diagnostics) -> Option<Growth> {
        match syn::parse2(ungrouped(self.tokens(errors)?.clone())) {
            Ok(Expr::Array(steps)) => self.steps(&steps, parse, errors).map(Growth::Steps),
            Ok(Expr::Path(function)) => Some(Growth::Function(function)),
            Ok(_) | Err(_) => self.scale(errors).map(Growth::By),
        }
    }

    fn scale(&self, errors: &mut Diagnostics) -> Option<f64> {
        let (literal, number) = self.factor("a number above 1, a list of steps, or a function's name", errors)?;
        let hint = if number < 1.0 && number > 0.0 { 1.0 + number } else { 1.5 };
        if number > 1.0 {
            return Some(number);
        }
        errors.error(
            &literal,
            format!(
                "`{0} = {1}`: a scale is what a retry multiplies by, so it is above 1; write `{0} = {hint}` for {2}% more",
                self.name,
                digits(&literal),
                ((hint - 1.0) * 100.0).round()
            ),
        );
        None
    }

    /// How steps are written, for messages.
    fn as_steps(&self) -> &'static str {
        match self.name == "memory" {
            true => r#"write `memory = ["16G", "64G"]`"#,
            false => r#"write `runtime = ["2h", "8h"]`"#,
        }
    }

    fn steps(&self, list: &ExprArray, parse: Parse, errors: &mut Diagnostics) -> Option<Vec<Step>> {
        if list.elems.is_empty() {
            errors.error(list, format!("`{} = []` has no step; {}", self.name, self.as_steps()));
        }
        let mut steps: Vec<Step> = Vec::new();
        let mut whole = !list.elems.is_empty();
        for step in &list.elems {
            let read = match literal_of(step.clone()) {
                Some(Lit::Str(text)) => errors
                    .ok(parse(&text.value()).map_err(|error| syn::Error::new_spanned(&text, error)))
                    .map(|amount| Step { text, amount }),
                _ => {
                    errors.error(step, format!("a step of `{}` is {UNIT}; {}", self.name, self.as_steps()));
                    None
                }
            };
            let Some(step) = read else {
                whole = false;
                continue;
            };
            if steps.last().is_some_and(|before| before.amount >= step.amount) {
                errors.error(&step.text, format!("{:?} is not above the step before; steps rise", step.text.value()));
                whole = false;
            }
            steps.push(step);
        }
        whole.then_some(steps)
    }
}
