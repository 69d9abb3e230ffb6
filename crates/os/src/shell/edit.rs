//! Changing text as parameters do: trims, replacements, case.

use crate::text::glob;

fn boundaries(text: &str) -> Vec<usize> {
    let mut all: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
    all.push(text.len());
    all
}

/// Without the shortest or longest start that fits.
pub(super) fn trim_start(text: &str, pattern: &str, long: bool) -> String {
    let mut ends = boundaries(text);
    if long {
        ends.reverse();
    }
    let cut = ends.into_iter().find(|end| glob::matches(pattern, &text[..*end])).unwrap_or(0);
    text[cut..].to_string()
}

/// Without the shortest or longest end that fits.
pub(super) fn trim_end(text: &str, pattern: &str, long: bool) -> String {
    let mut starts = boundaries(text);
    if !long {
        starts.reverse();
    }
    let cut = starts.into_iter().find(|start| glob::matches(pattern, &text[*start..])).unwrap_or(text.len());
    text[..cut].to_string()
}

/// With what fits replaced: the first, all, or at the start or end only.
pub(super) fn replace(text: &str, pattern: &str, with: &str, all: bool, anchor: Option<char>) -> String {
    if pattern.is_empty() && anchor.is_none() {
        return text.to_string();
    }
    if pattern.is_empty() {
        // Nothing at the start or at the end is replaced.
        let with = with.replace("\\&", "\0").replace('&', "").replace('\0', "&");
        return if anchor == Some('#') { format!("{with}{text}") } else { format!("{text}{with}") };
    }
    let with = |found: &str| {
        let parts: Vec<String> = with.split("\\&").map(|part| part.replace('&', found)).collect();
        parts.join("&")
    };
    let ends = boundaries(text);
    let longest = |from: usize| {
        ends.iter().rev().find(|e| **e >= from && glob::matches(pattern, &text[from..**e])).copied()
    };
    match anchor {
        Some('#') => {
            return match longest(0) {
                Some(end) => format!("{}{}", with(&text[..end]), &text[end..]),
                None => text.to_string(),
            };
        }
        Some(_) => {
            return match ends.iter().find(|s| glob::matches(pattern, &text[**s..])) {
                Some(start) => format!("{}{}", &text[..*start], with(&text[*start..])),
                None => text.to_string(),
            };
        }
        None => {}
    }
    let mut out = String::new();
    let mut at = 0;
    while at < text.len() {
        match longest(at).filter(|end| *end > at) {
            Some(end) => {
                out.push_str(&with(&text[at..end]));
                at = end;
                if !all {
                    break;
                }
            }
            None => {
                let Some(c) = text[at..].chars().next() else { break };
                out.push(c);
                at += c.len_utf8();
            }
        }
    }
    out.push_str(&text[at..]);
    out
}

/// In other case: the first character or all, where the pattern fits.
pub(super) fn change_case(text: &str, how: char, all: bool, pattern: &str) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if (i == 0 || all) && glob::matches(pattern, &c.to_string()) {
            let upper = how == '^' || (how == '~' && c.is_lowercase());
            if upper {
                out.extend(c.to_uppercase());
            } else {
                out.extend(c.to_lowercase());
            }
        } else {
            out.push(c);
        }
    }
    out
}
