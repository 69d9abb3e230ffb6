//! Arithmetic: `$((…))`, `((…))`, `let`, subscripts, and `test`'s numbers. 64-bit integers that wrap.

/// Where variables are read and set.
pub trait Names {
    /// Only what POSIX asks for, as in dash: no `++`, `,` and `**`, and variables hold numbers.
    fn plain(&self) -> bool {
        false
    }
    /// What a number too large for 64 bits is; None: it wraps, as in bash.
    fn too_large(&self) -> Option<i64> {
        None
    }
    /// The value of a variable or element, as text.
    fn get(&mut self, name: &str, index: Option<&str>) -> Option<String>;
    /// Sets a variable or element.
    ///
    /// # Errors
    /// The message, when it is read-only.
    fn set(&mut self, name: &str, index: Option<&str>, value: i64) -> Result<(), String>;
}

/// Evaluates an expression; Err is the message after the shell's prefix, as bash words it.
pub fn eval(text: &str, names: &mut dyn Names) -> Result<i64, String> {
    eval_at(text, names, 0)
}

fn eval_at(text: &str, names: &mut dyn Names, depth: u32) -> Result<i64, String> {
    if depth > 32 {
        return Err(format!("{text}: expression recursion level exceeded (error token is \"{text}\")"));
    }
    let chars: Vec<char> = text.chars().collect();
    let mut e = Eval { chars, pos: 0, last: 0, names, depth, nest: 0 };
    e.blanks();
    if e.pos >= e.chars.len() {
        return Ok(0);
    }
    let value = e.comma(true)?;
    e.blanks();
    if e.pos < e.chars.len() {
        let token = e.rest();
        if token.starts_with('=') && !token.starts_with("==") && !e.names.plain() {
            let what = "attempted assignment to non-variable";
            return Err(format!("{text}: {what} (error token is \"{token}\")"));
        }
        let what = if e.chars[e.pos].is_alphanumeric() || e.chars[e.pos] == '.' || e.chars[e.pos] == '_' {
            "syntax error in expression"
        } else {
            "syntax error: invalid arithmetic operator"
        };
        return Err(format!("{text}: {what} (error token is \"{token}\")"));
    }
    Ok(value)
}

struct Eval<'a> {
    chars: Vec<char>,
    pos: usize,
    /// Where the last operator or operand begins, for messages.
    last: usize,
    names: &'a mut dyn Names,
    depth: u32,
    nest: u32,
}

/// A value, and the variable it came from.
struct Operand {
    value: i64,
    name: Option<(String, Option<String>)>,
}

const BINARY: [(&str, u8); 19] = [
    ("||", 1),
    ("&&", 2),
    ("==", 6),
    ("!=", 6),
    ("<=", 7),
    (">=", 7),
    ("<<", 8),
    (">>", 8),
    ("**", 11),
    ("|", 3),
    ("^", 4),
    ("&", 5),
    ("<", 7),
    (">", 7),
    ("+", 9),
    ("-", 9),
    ("*", 10),
    ("/", 10),
    ("%", 10),
];

impl Eval<'_> {
    fn rest(&self) -> String {
        self.chars[self.pos.min(self.chars.len())..].iter().collect()
    }

    fn whole(&self) -> String {
        self.chars.iter().collect()
    }

    fn blanks(&mut self) {
        while self.chars.get(self.pos).is_some_and(|c| c.is_whitespace()) {
            self.pos += 1;
        }
    }

    fn at(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.chars.get(self.pos + i) == Some(&c))
    }

    fn expected_operand(&self) -> String {
        let mut rest = self.rest();
        if rest.trim().is_empty() {
            // bash points at the operator that wants more.
            rest = self.chars[self.last.min(self.chars.len())..].iter().collect();
        }
        format!("{}: syntax error: operand expected (error token is \"{rest}\")", self.whole())
    }

    fn comma(&mut self, live: bool) -> Result<i64, String> {
        let mut value = self.assignment(live)?;
        loop {
            self.blanks();
            if !self.at(",") || self.names.plain() {
                return Ok(value);
            }
            self.pos += 1;
            value = self.assignment(live)?;
        }
    }

    fn assignment(&mut self, live: bool) -> Result<i64, String> {
        self.nest += 1;
        if self.nest > 200 {
            return Err(format!(
                "{}: expression recursion level exceeded (error token is \"\")",
                self.whole()
            ));
        }
        let value = self.assignment_inner(live);
        self.nest -= 1;
        value
    }

    fn assignment_inner(&mut self, live: bool) -> Result<i64, String> {
        let start = self.pos;
        self.blanks();
        if let Some((name, index)) = self.name(live)? {
            self.blanks();
            const OPS: [&str; 11] = ["<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "^=", "|=", "="];
            let op = OPS.into_iter().find(|o| self.at(o));
            if let Some(op) = op.filter(|o| *o != "=" || !self.at("==")) {
                self.last = self.pos;
                self.pos += op.len();
                let right = self.assignment(live)?;
                if !live {
                    return Ok(0);
                }
                let value = if op == "=" {
                    right
                } else {
                    let left = self.variable(&name, index.as_deref())?;
                    self.binary(&op[..op.len() - 1], left, right)?
                };
                self.names.set(&name, index.as_deref(), value)?;
                return Ok(value);
            }
        }
        self.pos = start;
        self.conditional(live)
    }

    fn conditional(&mut self, live: bool) -> Result<i64, String> {
        let cond = self.level(1, live)?;
        self.blanks();
        if !self.at("?") {
            return Ok(cond);
        }
        self.last = self.pos;
        self.pos += 1;
        self.blanks();
        if self.at(":") && !self.names.plain() {
            let rest = self.rest();
            return Err(format!("{}: expression expected (error token is \"{rest}\")", self.whole()));
        }
        let yes = self.comma(live && cond != 0)?;
        self.blanks();
        if !self.at(":") {
            return Err(format!(
                "{}: `:' expected for conditional expression (error token is \"{}\")",
                self.whole(),
                if self.rest().trim().is_empty() {
                    self.chars[self.last.min(self.chars.len())..].iter().collect()
                } else {
                    self.rest()
                }
            ));
        }
        self.last = self.pos;
        self.pos += 1;
        let no = self.assignment(live && cond == 0)?;
        Ok(if cond != 0 { yes } else { no })
    }

    fn level(&mut self, least: u8, live: bool) -> Result<i64, String> {
        let mut left = self.unary(live)?.value;
        loop {
            self.blanks();
            let plain = self.names.plain();
            let found = BINARY.into_iter().find(|(op, _)| self.at(op) && !(plain && *op == "**"));
            let Some((op, level)) = found.filter(|(_, level)| *level >= least) else { return Ok(left) };
            // `a |= b` and the like belong to assignments, which were tried before.
            if matches!(op, "|" | "^" | "&" | "+" | "-" | "*" | "/" | "%" | "<<" | ">>")
                && self.chars.get(self.pos + op.len()) == Some(&'=')
                && self.chars.get(self.pos + op.len() + 1) != Some(&'=')
            {
                return Err(format!(
                    "{}: attempted assignment to non-variable (error token is \"{}\")",
                    self.whole(),
                    self.chars[self.pos + op.len()..].iter().collect::<String>()
                ));
            }
            self.last = self.pos;
            self.pos += op.len();
            let need = match op {
                "&&" => left != 0,
                "||" => left == 0,
                _ => true,
            };
            // `**` is right-associative.
            let right = self.level(if op == "**" { level } else { level + 1 }, live && need)?;
            left = match op {
                "&&" => i64::from(left != 0 && right != 0),
                "||" => i64::from(left != 0 || right != 0),
                _ if !live => 0,
                _ => self.binary(op, left, right)?,
            };
        }
    }

    fn binary(&self, op: &str, a: i64, b: i64) -> Result<i64, String> {
        Ok(match op {
            "+" => a.wrapping_add(b),
            "-" => a.wrapping_sub(b),
            "*" => a.wrapping_mul(b),
            "/" | "%" if b == 0 => {
                let rest = self.chars[..self.pos].iter().collect::<String>();
                let token = rest.rsplit(['/', '%']).next().unwrap_or("");
                let token = token.trim_start_matches('=').trim_start().to_string();
                return Err(format!(
                    "{}: division by 0 (error token is \"{token}\")",
                    self.whole().trim_start()
                ));
            }
            "/" => a.wrapping_div(b),
            "%" => a.wrapping_rem(b),
            "**" if b < 0 => {
                return Err(format!(
                    "{}: exponent less than 0 (error token is \"{}\")",
                    self.whole(),
                    self.chars[self.last.min(self.chars.len())..].iter().collect::<String>()
                ));
            }
            "**" => {
                let (mut base, mut n, mut result) = (a, b as u64, 1i64);
                while n > 0 {
                    if n & 1 == 1 {
                        result = result.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    n >>= 1;
                }
                result
            }
            "<<" => a.wrapping_shl(b as u32),
            ">>" => a.wrapping_shr(b as u32),
            "<" => i64::from(a < b),
            ">" => i64::from(a > b),
            "<=" => i64::from(a <= b),
            ">=" => i64::from(a >= b),
            "==" => i64::from(a == b),
            "!=" => i64::from(a != b),
            "&" => a & b,
            "|" => a | b,
            _ => a ^ b,
        })
    }

    fn unary(&mut self, live: bool) -> Result<Operand, String> {
        self.nest += 1;
        if self.nest > 200 {
            return Err(format!(
                "{}: expression recursion level exceeded (error token is \"\")",
                self.whole()
            ));
        }
        let result = self.unary_inner(live);
        self.nest -= 1;
        result
    }

    fn unary_inner(&mut self, live: bool) -> Result<Operand, String> {
        self.blanks();
        let value = |value| Ok(Operand { value, name: None });
        if (self.at("++") || self.at("--")) && !self.names.plain() {
            let by = if self.at("++") { 1 } else { -1 };
            let start = self.pos;
            self.pos += 2;
            let operand = self.unary(live)?;
            if let Some((name, index)) = operand.name {
                let new = operand.value.wrapping_add(by);
                if live {
                    self.names.set(&name, index.as_deref(), new)?;
                }
                return value(new);
            }
            self.pos = start;
        }
        match self.chars.get(self.pos) {
            Some('!') => {
                self.last = self.pos;
                self.pos += 1;
                let v = self.unary(live)?.value;
                value(i64::from(v == 0))
            }
            Some('~') => {
                self.last = self.pos;
                self.pos += 1;
                let v = self.unary(live)?.value;
                value(!v)
            }
            Some('-') => {
                self.last = self.pos;
                self.pos += 1;
                let v = self.unary(live)?.value;
                value(v.wrapping_neg())
            }
            Some('+') => {
                self.last = self.pos;
                self.pos += 1;
                let v = self.unary(live)?.value;
                value(v)
            }
            _ => self.postfix(live),
        }
    }

    fn postfix(&mut self, live: bool) -> Result<Operand, String> {
        self.blanks();
        match self.chars.get(self.pos) {
            Some('(') => {
                self.pos += 1;
                let value = self.comma(live)?;
                self.blanks();
                if !self.at(")") {
                    return Err(format!(
                        "{}: missing `)' (error token is \"{}\")",
                        self.whole(),
                        self.rest()
                    ));
                }
                self.pos += 1;
                Ok(Operand { value, name: None })
            }
            Some(c) if c.is_ascii_digit() => Ok(Operand { value: self.number()?, name: None }),
            Some(c) if *c == '_' || c.is_ascii_alphabetic() => {
                let Some((name, index)) = self.name(live)? else { return Err(self.expected_operand()) };
                let value = if live { self.variable(&name, index.as_deref())? } else { 0 };
                self.blanks();
                let by = if self.names.plain() {
                    return Ok(Operand { value, name: Some((name, index)) });
                } else if self.at("++") {
                    1
                } else if self.at("--") {
                    -1
                } else {
                    return Ok(Operand { value, name: Some((name, index)) });
                };
                self.pos += 2;
                if live {
                    self.names.set(&name, index.as_deref(), value.wrapping_add(by))?;
                }
                Ok(Operand { value, name: None })
            }
            _ => Err(self.expected_operand()),
        }
    }

    fn name(&mut self, live: bool) -> Result<Option<(String, Option<String>)>, String> {
        if !self.chars.get(self.pos).is_some_and(|c| *c == '_' || c.is_ascii_alphabetic()) {
            return Ok(None);
        }
        let start = self.pos;
        self.last = start;
        while self.chars.get(self.pos).is_some_and(|c| *c == '_' || c.is_ascii_alphanumeric()) {
            self.pos += 1;
        }
        let name: String = self.chars[start..self.pos].iter().collect();
        if !self.at("[") {
            return Ok(Some((name, None)));
        }
        let open = self.pos + 1;
        let mut depth = 0;
        while let Some(c) = self.chars.get(self.pos) {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => {}
            }
            self.pos += 1;
            if depth == 0 {
                break;
            }
        }
        if depth > 0 {
            let token: String = self.chars[start..].iter().collect();
            return Err(format!("{}: bad array subscript (error token is \"{token}\")", self.whole()));
        }
        let index: String = self.chars[open..self.pos.saturating_sub(1).max(open)].iter().collect();
        let _not_evaluated_when_dead = live;
        Ok(Some((name, Some(index))))
    }

    /// A variable's value is an expression itself.
    fn variable(&mut self, name: &str, index: Option<&str>) -> Result<i64, String> {
        let Some(text) = self.names.get(name, index) else { return Ok(0) };
        let text = text.trim();
        if text.is_empty() {
            return Ok(0);
        }
        match text.parse::<i64>() {
            Ok(v) if !text.starts_with('0') || text == "0" => Ok(v),
            _ if self.names.plain() && !text.starts_with(|c: char| c.is_ascii_digit()) => {
                Err(format!("Illegal number: {text}"))
            }
            _ if self.names.plain() && !text.chars().all(|c| c.is_ascii_alphanumeric()) => {
                Err(format!("Illegal number: {text}"))
            }
            _ => eval_at(text, self.names, self.depth + 1),
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let start = self.pos;
        self.last = start;
        while self
            .chars
            .get(self.pos)
            .is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '#' | '@' | '_'))
        {
            self.pos += 1;
        }
        let text: String = self.chars[start..self.pos].iter().collect();
        let (radix, digits) = if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            (16, hex)
        } else if let Some((base, digits)) = text.split_once('#') {
            (base.parse().unwrap_or(0), digits)
        } else if text.len() > 1 && text.starts_with('0') {
            (8, &text[1..])
        } else {
            (10, text.as_str())
        };
        if !(2..=64).contains(&radix) {
            return Err(format!("{text}: invalid arithmetic base (error token is \"{text}\")"));
        }
        if digits.is_empty() && text.contains('#') {
            return Err(format!("{text}: invalid integer constant (error token is \"{text}\")"));
        }
        let mut value: i64 = 0;
        for c in digits.chars() {
            let digit = match c {
                '0'..='9' => c as i64 - '0' as i64,
                'a'..='z' => c as i64 - 'a' as i64 + 10,
                'A'..='Z' if radix <= 36 => c as i64 - 'A' as i64 + 10,
                'A'..='Z' => c as i64 - 'A' as i64 + 36,
                '@' => 62,
                _ => 63,
            };
            if digit >= radix {
                return Err(format!("{text}: value too great for base (error token is \"{text}\")"));
            }
            value = match value.checked_mul(radix).and_then(|v| v.checked_add(digit)) {
                Some(v) => v,
                None if self.names.too_large().is_some() => {
                    let most = u64::from_str_radix(digits, radix as u32).ok();
                    let large = self.names.too_large().unwrap_or(0);
                    return Ok(if large == 0 { most.unwrap_or(0) as i64 } else { large });
                }
                None => value.wrapping_mul(radix).wrapping_add(digit),
            };
        }
        Ok(value)
    }
}
