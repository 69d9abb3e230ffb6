//! Brace expansion, on words before anything else happens to them.

use crate::{
    kernel::ShellKind,
    shell::code::{Part, Word},
};

/// The most words that the braces of one command may make.
pub(super) const MAX_WORDS: usize = 1_000_000;

/// A character of the word, or a piece that braces do not look into.
#[derive(Clone, PartialEq)]
enum Atom {
    Char(char),
    Piece(Part),
}

/// `a{b,c}d` → `abd acd`; `{1..3}` → `1 2 3`. dash and ash have no braces. What would become more than `left` words stays
/// as it is; what was made is taken from that number.
pub(super) fn expand(word: Word, dialect: ShellKind, left: &mut usize) -> Vec<Word> {
    let has_brace = word.parts.iter().any(|p| matches!(p, Part::Lit(t) if t.contains('{')));
    if dialect != ShellKind::Bash || !has_brace {
        return vec![word];
    }
    let mut atoms = Vec::new();
    for part in word.parts.clone() {
        match part {
            Part::Lit(text) => atoms.extend(text.chars().map(Atom::Char)),
            other => atoms.push(Atom::Piece(other)),
        }
    }
    let mut out = Vec::new();
    expand_atoms(&atoms, &mut out, 0, *left);
    if out.len() > *left {
        return vec![word];
    }
    *left -= out.len();
    out.into_iter().map(join).collect()
}

fn join(atoms: Vec<Atom>) -> Word {
    let mut word = Word::default();
    for atom in atoms {
        match atom {
            Atom::Char(c) => super::lex::push_lit(&mut word.parts, c),
            Atom::Piece(Part::Lit(text)) => {
                text.chars().for_each(|c| super::lex::push_lit(&mut word.parts, c));
            }
            Atom::Piece(part) => word.parts.push(part),
        }
    }
    word
}

fn expand_atoms(atoms: &[Atom], out: &mut Vec<Vec<Atom>>, depth: u32, most: usize) {
    let mut from = 0;
    while let Some(open) = atoms[from..].iter().position(|a| *a == Atom::Char('{')).map(|p| p + from) {
        if let Some((close, items)) = group(atoms, open, most) {
            let mut tails = Vec::new();
            expand_atoms(&atoms[close + 1..], &mut tails, depth, most);
            for item in items {
                let mut inner = Vec::new();
                if depth < 20 {
                    expand_atoms(&item, &mut inner, depth + 1, most);
                } else {
                    inner.push(item);
                }
                for middle in inner {
                    for tail in &tails {
                        if out.len() > most {
                            return;
                        }
                        let mut whole = atoms[..open].to_vec();
                        whole.extend(middle.iter().cloned());
                        whole.extend(tail.iter().cloned());
                        out.push(whole);
                    }
                }
            }
            return;
        }
        from = open + 1;
    }
    out.push(atoms.to_vec());
}

/// The group that opens at `open`: where it closes, and its alternatives.
fn group(atoms: &[Atom], open: usize, most: usize) -> Option<(usize, Vec<Vec<Atom>>)> {
    let mut depth = 0;
    let mut items = vec![Vec::new()];
    for (i, atom) in atoms.iter().enumerate().skip(open + 1) {
        match atom {
            Atom::Char('{') => depth += 1,
            Atom::Char('}') if depth > 0 => depth -= 1,
            Atom::Char('}') => {
                if items.len() > 1 {
                    return Some((i, items));
                }
                return sequence(&items[0], most).map(|s| (i, s));
            }
            Atom::Char(',') if depth == 0 => {
                items.push(Vec::new());
                continue;
            }
            _ => {}
        }
        items.last_mut()?.push(atom.clone());
    }
    None
}

/// `1..5`, `01..10..2`, `a..e`
fn sequence(atoms: &[Atom], most: usize) -> Option<Vec<Vec<Atom>>> {
    let mut text = String::new();
    for atom in atoms {
        match atom {
            Atom::Char(c) => text.push(*c),
            Atom::Piece(_) => return None,
        }
    }
    let parts: Vec<&str> = text.split("..").collect();
    let (first, last, step) = match parts.as_slice() {
        [a, b] => (*a, *b, 1),
        [a, b, s] => (*a, *b, s.parse::<i64>().ok()?),
        _ => return None,
    };
    let step = step.unsigned_abs().max(1) as i64;
    let piece = |t: String| vec![Atom::Piece(Part::Lit(t))];
    let range = |a: i64, b: i64| -> Option<Vec<i64>> {
        let n = a.abs_diff(b) / step.unsigned_abs();
        // Too many words: it stays as it is, as in bash where memory does not do.
        if n >= most as u64 {
            return None;
        }
        Some((0..=n as i64).map(|i| if a <= b { a + i * step } else { a - i * step }).collect())
    };
    if let (Ok(a), Ok(b)) = (first.parse::<i64>(), last.parse::<i64>()) {
        let padded =
            |t: &str| t.trim_start_matches('-').starts_with('0') && t.trim_start_matches('-').len() > 1;
        let width = if padded(first) || padded(last) { first.len().max(last.len()) } else { 0 };
        return Some(range(a, b)?.into_iter().map(|v| piece(format!("{v:0width$}"))).collect());
    }
    let one = |t: &str| {
        let mut c = t.chars();
        c.next().filter(|ch| c.next().is_none() && ch.is_ascii_alphabetic())
    };
    let (a, b) = (one(first)?, one(last)?);
    let letter = |v: i64| match v as u8 as char {
        // A lone backslash quotes nothing.
        '\\' => Atom::Piece(Part::Quoted(String::new())),
        c => Atom::Char(c),
    };
    Some(range(a as i64, b as i64)?.into_iter().map(|v| vec![letter(v)]).collect())
}
