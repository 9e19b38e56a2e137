//! Paths of files that get the output of a program.

/// Why no output can be put at `path`; `None` where it can, as far as the path alone says.
///
/// ```
/// use jobmon_syntax::file::wrong;
///
/// assert_eq!(wrong("out/fit_3.txt"), None);
/// assert_eq!(wrong("~/fit.txt"), Some("no shell finds the home directory `~`; write the whole path, or `./~` for what is named so"));
/// assert_eq!(wrong("./~/fit.txt"), None);
/// assert!(wrong("").is_some() && wrong("out/").is_some() && wrong("/dev/null").is_some());
/// ```
pub fn wrong(path: &str) -> Option<&'static str> {
    let last = path.rsplit('/').next().unwrap_or_default();
    if path.is_empty() {
        return Some("it is empty");
    }
    if path == "~" || path.starts_with("~/") {
        return Some("no shell finds the home directory `~`; write the whole path, or `./~` for what is named so");
    }
    if matches!(last, "" | "." | "..") {
        return Some("it is a directory; write the name of a file in it");
    }
    let mut places = path.split('/').filter(|place| !matches!(*place, "" | "."));
    if path.starts_with('/') && places.next() == Some("dev") && places.count() == 1 {
        return Some("a device is no file; leave the option out");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn files_are_right_and_all_else_is_not() {
        for right in
            ["a", "./a", "a/b", "/dev/shm/a", "dev/null", "a~", "~a/b", "./~", "/dev", "..a", " ", "a/./b", "//a"]
        {
            assert_eq!(wrong(right), None, "{right}");
        }
        for not in ["", "/", "a/", ".", "..", "a/..", "a/.", "~", "~/a", "/dev/null", "/dev/./null", "//dev//tty"] {
            assert!(wrong(not).is_some(), "{not}");
        }
    }
}
