//! Just enough of Rust's lexical grammar to tell code from comments, strings and tests.

/// The text with comments, string and character literals and `#[cfg(test)]` modules replaced by spaces; line breaks stay.
pub fn blank_out(text: &str) -> String {
    let mut code = without_literals(text);
    while let Some(start) = code.find("#[cfg(test)]") {
        let end = item_end(&code, start);
        code.replace_range(start..end, &blank(&code[start..end]));
    }
    code
}

/// Where the item that starts at an attribute ends: behind its block, or behind its semicolon.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return at + 1,
            b'}' => depth -= 1,
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

fn without_literals(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let mut previous = ' ';
    while let Some(first) = rest.chars().next() {
        let inside_word = previous.is_alphanumeric() || previous == '_';
        let skipped = match literal_or_comment(rest, inside_word) {
            0 => {
                code.push(first);
                previous = first;
                rest = &rest[first.len_utf8()..];
                continue;
            }
            bytes => bytes,
        };
        code.push_str(&blank(&rest[..skipped]));
        previous = ' ';
        rest = &rest[skipped..];
    }
    code
}

/// Length of the comment or literal at the start of a text; 0 if there is none.
fn literal_or_comment(rest: &str, inside_word: bool) -> usize {
    let bytes = rest.as_bytes();
    match bytes {
        [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment(bytes),
        [b'"', ..] => quoted(bytes, 1),
        [b'b' | b'c', b'"', ..] if !inside_word => quoted(bytes, 2),
        [b'r', b'"' | b'#', ..] if !inside_word => raw_string(rest, 1),
        [b'b' | b'c', b'r', b'"' | b'#', ..] if !inside_word => raw_string(rest, 2),
        [b'\'', ..] => character(rest),
        _ => 0,
    }
}

fn block_comment(bytes: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0usize);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn quoted(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// `r"…"`, `r#"…"#` and so on; `r#name` is a word.
fn raw_string(rest: &str, prefix: usize) -> usize {
    let hashes = rest[prefix..].bytes().take_while(|it| *it == b'#').count();
    let body = prefix + hashes + 1;
    if rest.as_bytes().get(body - 1) != Some(&b'"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    rest[body..].find(&end).map_or(rest.len(), |at| body + at + end.len())
}

/// A character literal; a lifetime is code.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    let Some((_, first)) = chars.next() else { return 0 };
    if first == '\\' {
        chars.next();
        return rest[3..].find('\'').map_or(0, |at| at + 4);
    }
    match chars.next() {
        Some((at, '\'')) => at + 1,
        _ => 0,
    }
}

fn blank(text: &str) -> String {
    text.chars().map(|it| if it == '\n' { "\n".to_string() } else { " ".repeat(it.len_utf8()) }).collect()
}

#[cfg(test)]
mod tests {
    use super::blank_out;

    #[test]
    fn comments_and_literals_are_blank() {
        let words = |text: &str| blank_out(text).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words("a // b\nc /* d /* e */ f */ g"), "a c g");
        assert_eq!(words(r#"f("x \" y", 'c', '\'', b'\n', "é")"#), "f( , , , b , )");
        assert_eq!(words("r\"a\" r##\"b \"# c\"## r#type br\"d\""), "r#type");
        assert_eq!(words("fn f<'a>(x: &'a str) -> char { 'é' }"), "fn f<'a>(x: &'a str) -> char { }");
    }

    #[test]
    fn test_modules_are_blank_and_what_follows_is_code() {
        let text = "a\n#[cfg(test)]\nmod tests {\n  fn f() { x }\n}\nb";
        assert_eq!(blank_out(text).split_whitespace().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(blank_out(text).lines().count(), text.lines().count());
        assert_eq!(blank_out("#[cfg(test)]\nmod tests;\nb").trim(), "b");
    }

    #[test]
    fn positions_stay() {
        let text = "a /* é\n */ b";
        assert_eq!(blank_out(text).find('b'), text.find('b'));
    }
}
