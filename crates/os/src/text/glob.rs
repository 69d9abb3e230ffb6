//! Shell patterns: `*`, `?`, `[…]`, backslash quoting, and bash's `@(a|b)` family.

/// Whether `text` fits the whole of `pattern`.
pub fn matches(pattern: &str, text: &str) -> bool {
    let p: Vec<char> = pattern.chars().collect();
    let t: Vec<char> = text.chars().collect();
    let mut budget = 200_000;
    fits(&p, &t, &mut budget)
}

/// The same, letter case ignored.
pub fn matches_fold(pattern: &str, text: &str) -> bool {
    matches(&pattern.to_lowercase(), &text.to_lowercase())
}

/// Whether the pattern has unquoted special characters.
pub fn is_pattern(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '*' | '?' => return true,
            '[' if chars.clone().any(|c| c == ']') => {
                return true;
            }
            '@' | '+' | '!' if chars.peek() == Some(&'(') => return true,
            _ => {}
        }
    }
    false
}

/// The pattern without its backslashes, as plain text.
pub fn unquote(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// Puts a backslash before every special character.
pub fn quote(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\' | '(' | ')' | '|' | '@' | '+' | '!' | '-' | '^') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn fits(p: &[char], t: &[char], budget: &mut u32) -> bool {
    let (mut pi, mut ti) = (0, 0);
    // The last star seen, and where its match would grow to.
    let mut star: Option<(usize, usize)> = None;
    loop {
        if *budget == 0 {
            return false;
        }
        *budget -= 1;
        let stepped = if pi < p.len() {
            if let Some(inner) = extended(p, pi) {
                return fits_extended(p, pi, inner, t, ti, star, budget);
            }
            match p[pi] {
                '*' => {
                    star = Some((pi, ti));
                    pi += 1;
                    continue;
                }
                '?' if ti < t.len() => Some((pi + 1, ti + 1)),
                '[' if ti < t.len() => match class(p, pi, t[ti]) {
                    Some((true, next)) => Some((next, ti + 1)),
                    Some((false, _)) => None,
                    None if t[ti] == '[' => Some((pi + 1, ti + 1)),
                    None => None,
                },
                '\\' if pi + 1 < p.len() && ti < t.len() && p[pi + 1] == t[ti] => Some((pi + 2, ti + 1)),
                c if c != '?' && c != '[' && c != '\\' && ti < t.len() && c == t[ti] => {
                    Some((pi + 1, ti + 1))
                }
                '\\' if pi + 1 == p.len() && ti < t.len() && t[ti] == '\\' => Some((pi + 1, ti + 1)),
                _ => None,
            }
        } else if ti == t.len() {
            return true;
        } else {
            None
        };
        match (stepped, star) {
            (Some(next), _) => (pi, ti) = next,
            (None, Some((sp, st))) if st < t.len() => {
                star = Some((sp, st + 1));
                (pi, ti) = (sp + 1, st + 1);
            }
            _ => return false,
        }
    }
}

/// The end of the group if an extended pattern begins here.
fn extended(p: &[char], at: usize) -> Option<usize> {
    if !matches!(p[at], '@' | '?' | '*' | '+' | '!') || p.get(at + 1) != Some(&'(') {
        return None;
    }
    let mut depth = 0;
    let mut i = at + 1;
    while i < p.len() {
        match p[i] {
            '\\' => i += 1,
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
        i += 1;
    }
    None
}

fn alternatives(inner: &[char]) -> Vec<&[char]> {
    let mut all = Vec::new();
    let (mut depth, mut from, mut i) = (0, 0, 0);
    while i < inner.len() {
        match inner[i] {
            '\\' => i += 1,
            '(' => depth += 1,
            ')' => depth -= 1,
            '|' if depth == 0 => {
                all.push(&inner[from..i]);
                from = i + 1;
            }
            _ => {}
        }
        i += 1;
    }
    all.push(&inner[from.min(inner.len())..]);
    all
}

fn fits_extended(
    p: &[char],
    at: usize,
    end: usize,
    t: &[char],
    ti: usize,
    star: Option<(usize, usize)>,
    budget: &mut u32,
) -> bool {
    let kind = p[at];
    let options = alternatives(&p[at + 2..end]);
    let rest = &p[end + 1..];
    let here = |from: usize, budget: &mut u32| -> bool {
        let text = &t[from..];
        match kind {
            '!' => (0..=text.len()).any(|n| {
                !options.iter().any(|o| fits(o, &text[..n], budget)) && fits(rest, &text[n..], budget)
            }),
            _ => repeat(&options, text, kind, rest, budget, 0),
        }
    };
    if here(ti, budget) {
        return true;
    }
    // An earlier star may take more.
    match star {
        Some((sp, st)) if st < t.len() => {
            (st + 1..=t.len()).any(|from| fits(&p[sp + 1..], &t[from..], budget))
        }
        _ => false,
    }
}

fn repeat(
    options: &[&[char]],
    text: &[char],
    kind: char,
    rest: &[char],
    budget: &mut u32,
    count: u32,
) -> bool {
    if *budget == 0 || count > 200 {
        return false;
    }
    *budget -= 1;
    let may_stop = match kind {
        '@' => count == 1,
        '?' => count <= 1,
        '*' => true,
        _ => count >= 1,
    };
    if may_stop && fits(rest, text, budget) {
        return true;
    }
    if matches!(kind, '@' | '?') && count == 1 {
        return false;
    }
    (0..=text.len()).any(|n| {
        (n > 0 || count == 0)
            && options.iter().any(|o| fits(o, &text[..n], budget))
            && repeat(options, &text[n..], kind, rest, budget, count + 1)
    })
}

/// Whether the bracket expression at `at` holds `c`, and where it ends; None if it is not closed.
fn class(p: &[char], at: usize, c: char) -> Option<(bool, usize)> {
    let mut i = at + 1;
    let negate = matches!(p.get(i), Some('!' | '^'));
    if negate {
        i += 1;
    }
    let first = i;
    let mut found = false;
    loop {
        let mut low = *p.get(i)?;
        if low == ']' && i > first {
            return Some((found != negate, i + 1));
        }
        if low == '['
            && p.get(i + 1) == Some(&':')
            && let Some(end) = p[i + 2..].windows(2).position(|w| w == [':', ']'])
        {
            let name: String = p[i + 2..i + 2 + end].iter().collect();
            found |= in_class(&name, c);
            i += end + 4;
            continue;
        }
        if low == '\\' && i + 1 < p.len() {
            i += 1;
            low = p[i];
        }
        i += 1;
        if p.get(i) == Some(&'-') && p.get(i + 1).is_some_and(|e| *e != ']') {
            let mut high = p[i + 1];
            i += 2;
            if high == '\\' {
                high = *p.get(i)?;
                i += 1;
            }
            found |= low <= c && c <= high;
        } else {
            found |= low == c;
        }
    }
}

/// POSIX character classes.
pub fn in_class(name: &str, c: char) -> bool {
    match name {
        "alpha" => c.is_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_alphanumeric(),
        "upper" => c.is_uppercase(),
        "lower" => c.is_lowercase(),
        "space" => c.is_whitespace(),
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "print" => !c.is_control(),
        "graph" => !c.is_control() && c != ' ',
        "cntrl" => c.is_control(),
        "xdigit" => c.is_ascii_hexdigit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_a_shell() {
        for (pattern, yes, no) in [
            ("*.c", "a.c", "a.h"),
            ("a?c", "abc", "ac"),
            ("[!a-c]x", "dx", "ax"),
            ("[[:digit:]]*", "1a", "a1"),
            ("\\*", "*", "a"),
            ("@(a|b)c", "bc", "c"),
            ("+(ab)", "abab", "aba"),
            ("!(*.c)", "a.h", "a.c"),
            ("*a*b*", "xxaxxbxx", "xxbxxaxx"),
            ("[]]", "]", "["),
        ] {
            assert!(matches(pattern, yes), "{pattern} {yes}");
            assert!(!matches(pattern, no), "{pattern} {no}");
        }
    }
}
