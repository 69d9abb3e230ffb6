//! expr: a value of an expression.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec =
    ProgramSpec::inside("expr", "Usage: expr EXPRESSION\n\nPrint the value of EXPRESSION\n", || tool(main));

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let args = cx.args.clone();
    if args.is_empty() {
        return cx.missing_operand().max(2);
    }
    let mut e = Expr { args: &args, at: 0 };
    match e.or() {
        Ok(value) if e.at == args.len() => {
            let null = value.is_empty() || value.parse::<i64>() == Ok(0);
            cx.line(value);
            u8::from(null)
        }
        Ok(_) => {
            let message = if cx.busybox() {
                "syntax error".to_string()
            } else {
                format!("syntax error: unexpected argument ‘{}’", args[e.at])
            };
            cx.complain(message);
            2
        }
        Err(message) => {
            cx.complain(message);
            2
        }
    }
}

struct Expr<'a> {
    args: &'a [String],
    at: usize,
}

impl Expr<'_> {
    fn peek(&self) -> &str {
        self.args.get(self.at).map_or("", String::as_str)
    }

    fn or(&mut self) -> Result<String, String> {
        let mut left = self.and()?;
        while self.peek() == "|" {
            self.at += 1;
            let right = self.and()?;
            if left.is_empty() || left == "0" {
                left = if right.is_empty() { "0".to_string() } else { right };
            }
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<String, String> {
        let mut left = self.compare()?;
        while self.peek() == "&" {
            self.at += 1;
            let right = self.compare()?;
            let null = |t: &str| t.is_empty() || t == "0";
            if null(&left) || null(&right) {
                left = "0".to_string();
            }
        }
        Ok(left)
    }

    fn compare(&mut self) -> Result<String, String> {
        let mut left = self.sum()?;
        while matches!(self.peek(), "<" | "<=" | "=" | "==" | "!=" | ">=" | ">") {
            let op = self.peek().to_string();
            self.at += 1;
            let right = self.sum()?;
            let order = match (left.parse::<i64>(), right.parse::<i64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                _ => left.cmp(&right),
            };
            let yes = match op.as_str() {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                "=" | "==" => order.is_eq(),
                "!=" => order.is_ne(),
                ">=" => order.is_ge(),
                _ => order.is_gt(),
            };
            left = i64::from(yes).to_string();
        }
        Ok(left)
    }

    fn number(text: &str) -> Result<i64, String> {
        text.parse().map_err(|_| "non-integer argument".to_string())
    }

    fn sum(&mut self) -> Result<String, String> {
        let mut left = self.product()?;
        while matches!(self.peek(), "+" | "-") {
            let plus = self.peek() == "+";
            self.at += 1;
            let (a, b) = (Self::number(&left)?, Self::number(&self.product()?)?);
            left = if plus { a.wrapping_add(b) } else { a.wrapping_sub(b) }.to_string();
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<String, String> {
        let mut left = self.matching()?;
        while matches!(self.peek(), "*" | "/" | "%") {
            let op = self.peek().to_string();
            self.at += 1;
            let (a, b) = (Self::number(&left)?, Self::number(&self.matching()?)?);
            if b == 0 && op != "*" {
                return Err("division by zero".to_string());
            }
            left = match op.as_str() {
                "*" => a.wrapping_mul(b),
                "/" => a.wrapping_div(b),
                _ => a.wrapping_rem(b),
            }
            .to_string();
        }
        Ok(left)
    }

    fn matching(&mut self) -> Result<String, String> {
        let mut left = self.primary()?;
        while self.peek() == ":" {
            self.at += 1;
            let pattern = self.primary()?;
            left = Self::fit(&left, &pattern)?;
        }
        Ok(left)
    }

    fn fit(text: &str, pattern: &str) -> Result<String, String> {
        let regex =
            crate::text::regex::Regex::basic(&format!("^{}", pattern.trim_start_matches('^')), false)?;
        let groups = regex.groups_at(text, 0);
        let has_group = pattern.contains("\\(");
        Ok(match groups {
            Some(g) if has_group => {
                g.get(1).copied().flatten().map_or(String::new(), |(a, b)| text[a..b].to_string())
            }
            Some(g) => g[0].map_or(0, |(a, b)| text[a..b].chars().count()).to_string(),
            None if has_group => String::new(),
            None => "0".to_string(),
        })
    }

    fn primary(&mut self) -> Result<String, String> {
        let Some(word) = self.args.get(self.at).cloned() else {
            let last = self.args.last().map_or("", String::as_str);
            return Err(format!("syntax error: missing argument after ‘{last}’"));
        };
        self.at += 1;
        match word.as_str() {
            "(" => {
                let value = self.or()?;
                if self.peek() != ")" {
                    return Err("syntax error: expecting ')'".to_string());
                }
                self.at += 1;
                Ok(value)
            }
            "length" if self.at < self.args.len() => Ok(self.primary()?.chars().count().to_string()),
            "substr" if self.at + 2 < self.args.len() => {
                let text = self.primary()?;
                let (from, len) = (Self::number(&self.primary()?)?, Self::number(&self.primary()?)?);
                if from < 1 || len < 1 {
                    return Ok(String::new());
                }
                Ok(text.chars().skip(from as usize - 1).take(len as usize).collect())
            }
            "index" if self.at + 1 < self.args.len() => {
                let (text, set) = (self.primary()?, self.primary()?);
                Ok(text.chars().position(|c| set.contains(c)).map_or(0, |p| p + 1).to_string())
            }
            "match" if self.at + 1 < self.args.len() => {
                let (text, pattern) = (self.primary()?, self.primary()?);
                Self::fit(&text, &pattern)
            }
            _ => Ok(word),
        }
    }
}
