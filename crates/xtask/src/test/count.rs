//! How many tests passed and failed, counted from what test programs print.

use std::io::{BufRead, BufReader, Write};
use std::ops::Add;
use std::process::{Command, Stdio};

use crate::{Result, sh};

/// Passed and failed tests.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    pub passed: usize,
    pub failed: usize,
}

impl Count {
    /// One check that passes or fails as a whole.
    pub fn one(passed: bool) -> Count {
        Count { passed: usize::from(passed), failed: usize::from(!passed) }
    }
}

impl Add for Count {
    type Output = Count;

    fn add(self, other: Count) -> Count {
        Count { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// Runs a command that is one check: its exit status decides.
pub fn check(command: &mut Command) -> Result<Count> {
    match sh::run(command) {
        Ok(()) => Ok(Count::one(true)),
        Err(message) => {
            println!("error: {message}");
            Ok(Count::one(false))
        }
    }
}

/// Runs a program of many tests, shows what it prints, and counts its summary lines. A program that fails without
/// having reported a failed test (it did not compile, it crashed) is one failure.
pub fn suite(command: &mut Command) -> Result<Count> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|err| format!("cannot run {}: {err}", sh::describe(command)))?;
    let mut count = Count::default();
    if let Some(out) = child.stdout.take() {
        let mut reader = BufReader::new(out);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|it| it > 0) {
            count = count + summary(&String::from_utf8_lossy(&line));
            let _ = std::io::stdout().write_all(&line);
            line.clear();
        }
    }
    let status = child.wait().map_err(|err| err.to_string())?;
    if !status.success() && count.failed == 0 {
        println!("error: {} failed ({status})", sh::describe(command));
        count.failed = 1;
    }
    Ok(count)
}

/// The numbers of a summary line: libtest's `test result: ok. 5 passed; 0 failed; …`, or our scripts' `5 passed, 0 failed`.
fn summary(line: &str) -> Count {
    let line = line.trim();
    let numbers = match line.strip_prefix("test result: ") {
        Some(rest) => rest.split_once(". ").map_or("", |it| it.1),
        None => line,
    };
    let mut parts = numbers.split([';', ',']).map(str::trim);
    let mut next = |word: &str| parts.next()?.strip_suffix(word)?.trim().parse::<usize>().ok();
    match (next("passed"), next("failed")) {
        (Some(passed), Some(failed)) => Count { passed, failed },
        _ => Count::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_lines_are_counted_and_others_are_not() {
        let libtest = "test result: FAILED. 14 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.08s\n";
        assert_eq!(summary(libtest), Count { passed: 14, failed: 1 });
        assert_eq!(summary("5 passed, 0 failed"), Count { passed: 5, failed: 0 });
        for other in ["test a::b ... ok", "5 passed", "running 3 tests", "all 5 passed, 0 failed"] {
            assert_eq!(summary(other), Count::default(), "{other}");
        }
    }
}
