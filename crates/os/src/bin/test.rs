//! `test` and `[`: conditions on files, strings and numbers, by the POSIX rules of argument counts.

use super::tool::{Cx, tool};
use crate::{
    kernel::{ShellKind, Sys},
    program::ProgramSpec,
};

/// `[`: the same with a last argument `]`.
pub const BRACKET: ProgramSpec =
    ProgramSpec::inside("[", "Usage: [ EXPRESSION ]\n\nEvaluate a conditional expression.\n", || tool(main));
/// `test`.
pub const TEST: ProgramSpec =
    ProgramSpec::inside("test", "Usage: test EXPRESSION\n\nEvaluate a conditional expression.\n", || {
        tool(main)
    });

/// A unary test; None for an unknown operator.
pub fn unary(sys: &mut Sys<'_>, op: &str, operand: &str) -> Option<bool> {
    let stat = |sys: &mut Sys<'_>| sys.stat(operand);
    Some(match op {
        "-n" => !operand.is_empty(),
        "-z" => operand.is_empty(),
        "-e" | "-a" => stat(sys).is_ok(),
        "-f" => stat(sys).is_ok_and(|s| s.is_file()),
        "-d" => stat(sys).is_ok_and(|s| s.is_dir()),
        "-h" | "-L" => sys.lstat(operand).is_ok_and(|s| s.is_link()),
        "-s" => stat(sys).is_ok_and(|s| s.size > 0),
        "-r" => sys.vfs().access(operand, 4).is_ok(),
        "-w" => sys.vfs().access(operand, 2).is_ok(),
        "-x" => sys.vfs().access(operand, 1).is_ok(),
        "-p" => stat(sys).is_ok_and(|s| s.letter == 'p'),
        "-c" => stat(sys).is_ok_and(|s| s.letter == 'c'),
        "-b" => false,
        "-S" => stat(sys).is_ok_and(|s| s.letter == 's'),
        "-k" => stat(sys).is_ok_and(|s| s.mode & 0o1000 != 0),
        "-g" => stat(sys).is_ok_and(|s| s.mode & 0o2000 != 0),
        "-u" => stat(sys).is_ok_and(|s| s.mode & 0o4000 != 0),
        "-O" => stat(sys).is_ok_and(|s| s.uid == sys.uid()),
        "-G" => stat(sys).is_ok_and(|s| s.gid == sys.gid()),
        "-N" => stat(sys).is_ok_and(|s| s.mtime > s.atime),
        "-t" => operand.parse::<u32>().is_ok_and(|fd| sys.is_tty(fd)),
        _ => return None,
    })
}

/// Compares two numbers.
pub fn compare(op: &str, a: i64, b: i64) -> bool {
    match op {
        "-eq" => a == b,
        "-ne" => a != b,
        "-lt" => a < b,
        "-le" => a <= b,
        "-gt" => a > b,
        _ => a >= b,
    }
}

/// A binary test; None for an unknown operator, Err for an operand that is no number.
pub fn binary(sys: &mut Sys<'_>, op: &str, a: &str, b: &str) -> Result<Option<bool>, String> {
    let number = |t: &str| t.trim().parse::<i64>().map_err(|_| t.to_string());
    Ok(Some(match op {
        "=" | "==" => a == b,
        "!=" => a != b,
        "<" => a < b,
        ">" => a > b,
        "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" => compare(op, number(a)?, number(b)?),
        "-nt" | "-ot" => {
            let (x, y) = (sys.stat(a).ok().map(|s| s.mtime), sys.stat(b).ok().map(|s| s.mtime));
            if op == "-nt" { x.is_some() && x > y } else { y.is_some() && x < y }
        }
        "-ef" => match (sys.stat(a), sys.stat(b)) {
            (Ok(x), Ok(y)) => (x.dev, x.ino) == (y.dev, y.ino),
            _ => false,
        },
        _ => return Ok(None),
    }))
}

/// Evaluates the arguments of `test`; Err is the complaint in the shell's wording.
pub fn evaluate(sys: &mut Sys<'_>, args: &[String], kind: ShellKind) -> Result<bool, String> {
    if kind != ShellKind::Bash {
        return evaluate_ash(sys, args, kind);
    }
    let mut e = Eval { sys, args, at: 0, kind };
    match args {
        [] => return Ok(false),
        [one] => return Ok(!one.is_empty()),
        [not, one] if not == "!" => return Ok(one.is_empty()),
        [op, one] => return unary(e.sys, op, one).ok_or_else(|| format!("{op}: unary operator expected")),
        [a, op, b] => {
            if let Some(result) = e.binary(op, a, b)? {
                return Ok(result);
            }
            if a == "!" {
                return evaluate(sys, &args[1..], kind).map(|r| !r);
            }
            if a == "(" && b == ")" {
                return Ok(!op.is_empty());
            }
            if !matches!(op.as_str(), "-a" | "-o") {
                return Err(format!("{op}: binary operator expected"));
            }
        }
        [not, ..] if not == "!" && args.len() == 4 => return evaluate(sys, &args[1..], kind).map(|r| !r),
        _ => {}
    }
    let result = e.or()?;
    if e.at < args.len() {
        return Err("too many arguments".to_string());
    }
    Ok(result)
}

/// dash and ash read the whole grammar, and then look whether anything is left.
fn evaluate_ash(sys: &mut Sys<'_>, args: &[String], kind: ShellKind) -> Result<bool, String> {
    if args.is_empty() {
        return Ok(false);
    }
    let mut e = Eval { sys, args, at: 0, kind };
    if let [a, op, b] = args
        && let Some(result) = e.binary(op, a, b)?
    {
        return Ok(result);
    }
    let result = e.or()?;
    if e.at < args.len() {
        // dash names the last word it took, ash the first one left.
        return Err(match kind {
            ShellKind::Dash => format!("{}: unexpected operator", args[e.at - 1]),
            _ => format!("{}: unknown operand", args[e.at]),
        });
    }
    Ok(result)
}

struct Eval<'a, 'b> {
    sys: &'a mut Sys<'b>,
    args: &'a [String],
    at: usize,
    kind: ShellKind,
}

impl Eval<'_, '_> {
    fn binary(&mut self, op: &str, a: &str, b: &str) -> Result<Option<bool>, String> {
        binary(self.sys, op, a, b).map_err(|text| match self.kind {
            ShellKind::Bash => format!("{text}: integer expression expected"),
            ShellKind::Dash => format!("Illegal number: {text}"),
            ShellKind::Ash => format!("{text}: bad number"),
        })
    }

    fn peek(&self) -> Option<&str> {
        self.args.get(self.at).map(String::as_str)
    }

    fn or(&mut self) -> Result<bool, String> {
        let mut value = self.and()?;
        while self.peek() == Some("-o") {
            self.at += 1;
            value |= self.and()?;
        }
        Ok(value)
    }

    fn and(&mut self) -> Result<bool, String> {
        let mut value = self.primary()?;
        while self.peek() == Some("-a") {
            self.at += 1;
            value &= self.primary()?;
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<bool, String> {
        let missing = || "argument expected".to_string();
        let first = self.peek().ok_or_else(missing)?.to_string();
        if let (Some(op), Some(b)) =
            (self.args.get(self.at + 1).cloned(), self.args.get(self.at + 2).cloned())
            && !matches!(op.as_str(), "-a" | "-o")
            && let Some(result) = self.binary(&op, &first, &b)?
        {
            self.at += 3;
            return Ok(result);
        }
        let operators =
            ["=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"];
        if self.kind != ShellKind::Bash
            && self.args.len() == self.at + 2
            && operators.contains(&self.args[self.at + 1].as_str())
            && first != "!"
        {
            return Err(format!("{}: argument expected", self.args[self.at + 1]));
        }
        if first == "!" {
            self.at += 1;
            return self.primary().map(|r| !r);
        }
        if first == "(" {
            self.at += 1;
            let value = self.or()?;
            if self.peek() != Some(")") {
                return Err(match self.kind {
                    ShellKind::Bash => "`)' expected".to_string(),
                    _ => "closing paren expected".to_string(),
                });
            }
            self.at += 1;
            return Ok(value);
        }
        if let Some(operand) = self.args.get(self.at + 1).cloned()
            && first.len() == 2
            && first.starts_with('-')
            && let Some(result) = unary(self.sys, &first, &operand)
        {
            self.at += 2;
            return Ok(result);
        }
        self.at += 1;
        Ok(!first.is_empty())
    }
}

/// Runs the test: 0 is true, 1 false, 2 no test at all. The shell's builtins call it too.
pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let mut args = cx.args.clone();
    if cx.name == "[" && args.pop().as_deref() != Some("]") {
        cx.complain("missing ‘]’");
        return 2;
    }
    let kind = cx.sys.shell_kind();
    match evaluate(cx.sys, &args, kind) {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(message) => {
            cx.complain(message);
            2
        }
    }
}
