//! Small things about JSON as Go sees it: names of its types, how it is written, and the parser's words for text that is none.

use collections::StableSort;

use crate::Json;

/// What `encoding/json` calls the type of a value in its messages: `string`, `number`, `object`, `array`, `bool`.
pub fn go_type(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// A string as Go's `encoding/json` writes it: with quotes, and with what HTML and scripts would take for theirs escaped.
pub fn go_string(text: &str) -> String {
    Json::String(text.to_owned())
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// Compact JSON with sorted keys, as Go's `encoding/json` writes maps.
pub fn go_compact(value: &Json) -> String {
    match value {
        Json::Object(map) => {
            let mut entries: Vec<(&String, &Json)> = map.iter().collect();
            entries.stable_sort_by_key(|(key, _)| *key);
            let parts: Vec<String> = entries
                .into_iter()
                .map(|(key, item)| format!("{}:{}", go_string(key), go_compact(item)))
                .collect();
            format!("{{{}}}", parts.join(","))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(go_compact).collect::<Vec<_>>().join(",")),
        Json::String(text) => go_string(text),
        other => other.to_string(),
    }
}

/// Parses JSON text. The error is worded as Go's `encoding/json` words it.
pub fn parse(text: &[u8]) -> Result<Json, String> {
    serde_json::from_slice(text).map_err(|_| go_syntax_error(text))
}

/// What Go's scanner says about text that is no JSON. Mirrors the states of encoding/json's scanner.
pub fn go_syntax_error(text: &[u8]) -> String {
    let mut scanner = Scanner { text, at: 0 };
    match scanner.value().and_then(|()| scanner.end()) {
        Err(message) => message,
        // What the scanner accepts and the parser does not: lone surrogates, bytes that are no UTF-8, deep nesting.
        Ok(()) => "exceeded max depth".to_owned(),
    }
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn space(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn wrong<T>(&self, context: &str) -> Result<T, String> {
        match self.text.get(self.at) {
            None => Err("unexpected end of JSON input".to_owned()),
            Some(byte) => Err(format!("invalid character {} {context}", quote(*byte))),
        }
    }

    fn end(&mut self) -> Result<(), String> {
        self.space();
        if self.at == self.text.len() { Ok(()) } else { self.wrong("after top-level value") }
    }

    fn value(&mut self) -> Result<(), String> {
        // An explicit stack, so that deep nesting cannot overflow ours: b'{' and b'[' for what is open.
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.space();
            match self.text.get(self.at) {
                Some(b'{') => {
                    self.at += 1;
                    self.space();
                    if self.text.get(self.at) != Some(&b'}') {
                        self.key("looking for beginning of object key string")?;
                        open.push(b'{');
                        continue;
                    }
                    self.at += 1;
                }
                Some(b'[') => {
                    self.at += 1;
                    self.space();
                    if self.text.get(self.at) != Some(&b']') {
                        open.push(b'[');
                        continue;
                    }
                    self.at += 1;
                }
                Some(b'"') => self.string()?,
                Some(b't') => self.literal("true")?,
                Some(b'f') => self.literal("false")?,
                Some(b'n') => self.literal("null")?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                _ => return self.wrong("looking for beginning of value"),
            }
            // A value ended: close what it ends, or go on after a comma.
            loop {
                let Some(kind) = open.last().copied() else { return Ok(()) };
                self.space();
                match (kind, self.text.get(self.at)) {
                    (b'{', Some(b'}')) | (b'[', Some(b']')) => {
                        self.at += 1;
                        open.pop();
                    }
                    (b'{', Some(b',')) => {
                        self.at += 1;
                        self.space();
                        self.key("looking for beginning of object key string")?;
                        break;
                    }
                    (b'[', Some(b',')) => {
                        self.at += 1;
                        break;
                    }
                    (b'{', _) => return self.wrong("after object key:value pair"),
                    _ => return self.wrong("after array element"),
                }
            }
        }
    }

    fn key(&mut self, context: &str) -> Result<(), String> {
        if self.text.get(self.at) != Some(&b'"') {
            return self.wrong(context);
        }
        self.string()?;
        self.space();
        if self.text.get(self.at) != Some(&b':') {
            return self.wrong("after object key");
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        self.at += 1;
        loop {
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.text.get(self.at) {
                        Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => self.at += 1,
                        Some(b'u') => {
                            self.at += 1;
                            for _ in 0..4 {
                                if !self.text.get(self.at).is_some_and(u8::is_ascii_hexdigit) {
                                    return self.wrong("in \\u hexadecimal character escape");
                                }
                                self.at += 1;
                            }
                        }
                        _ => return self.wrong("in string escape code"),
                    }
                }
                Some(0x20..) => self.at += 1,
                _ => return self.wrong("in string literal"),
            }
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), String> {
        for (index, expected) in word.bytes().enumerate() {
            if self.text.get(self.at) != Some(&expected) {
                return self
                    .wrong(&format!("in literal {word} (expecting {})", quote(word.as_bytes()[index])));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn digits(&mut self, context: &str) -> Result<(), String> {
        if !self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            return self.wrong(context);
        }
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), String> {
        if self.text.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        if self.text.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.text.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }
}

fn quote(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\n' => r"'\n'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        0..0x20 | 0x7f => format!("'\\x{byte:02x}'"),
        // Go turns the byte into a rune: 0xCF becomes Ï.
        _ => format!("'{}'", char::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_errors_are_gos() {
        for (text, message) in [
            ("{bad", "invalid character 'b' looking for beginning of object key string"),
            ("", "unexpected end of JSON input"),
            ("{\"a\":1", "unexpected end of JSON input"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 2}", "invalid character '2' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("tru", "unexpected end of JSON input"),
            ("trux", "invalid character 'x' in literal true (expecting 'e')"),
            ("1 x", "invalid character 'x' after top-level value"),
            ("-x", "invalid character 'x' in numeric literal"),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err(), message, "{text}");
        }
        assert_eq!(go_syntax_error(&[0xcf, 0x33]), "invalid character 'Ï' looking for beginning of value");
    }
}
