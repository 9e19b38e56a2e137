//! Names in snake case.

/// The name in snake case: `ProcessData` is `process_data`, `HTTPServer` is `http_server`.
pub(crate) fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, &char) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1);
        if char.is_uppercase() && before.is_some_and(|before| begins_word(before, after)) {
            snake.push('_');
        }
        snake.extend(char.to_lowercase());
    }
    snake
}

/// Whether a capital letter between these two begins a word.
fn begins_word(before: char, after: Option<&char>) -> bool {
    before.is_lowercase()
        || before.is_numeric()
        || before.is_uppercase() && after.is_some_and(|after| after.is_lowercase())
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn capitals_begin_words() {
        let names = ["Fit", "ProcessData", "HTTPServer", "ReadCSV", "Covid19Fit", "A", "AB", "ABc", "Fit_Data", "_Fit"];
        let snake = names.map(snake_case).join(" ");
        assert_eq!(snake, "fit process_data http_server read_csv covid19_fit a ab a_bc fit_data _fit");
    }
}
