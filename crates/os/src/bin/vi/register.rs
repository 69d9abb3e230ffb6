//! Registers: what was deleted and yanked, by name and by age; macros are the same text, typed.

use collections::OrdMap;

use super::{Shape, Vi};
use crate::bin::screen::Key;

/// A register's text.
#[derive(Clone, Debug, Default)]
pub(super) struct Register {
    pub lines: Vec<Vec<char>>,
    pub shape: Option<Shape>,
}

impl Register {
    /// Text of this shape.
    pub fn new(lines: Vec<Vec<char>>, shape: Shape) -> Register {
        Register { lines, shape: Some(shape) }
    }

    /// A piece of a line.
    pub fn word(text: &str) -> Register {
        Register::new(text.split('\n').map(|line| line.chars().collect()).collect(), Shape::Chars)
    }

    /// Whether it holds whole lines.
    pub fn is_linewise(&self) -> bool {
        self.shape == Some(Shape::Lines)
    }

    /// The text as one string.
    pub fn text(&self) -> String {
        let mut text =
            self.lines.iter().map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\n");
        if self.is_linewise() {
            text.push('\n');
        }
        text
    }
}

/// All registers.
#[derive(Clone, Debug, Default)]
pub(super) struct Registers {
    named: OrdMap<char, Register>,
    /// The one that `"x` chose for the next command.
    pub chosen: Option<char>,
    /// The text typed last in insert mode.
    pub inserted: String,
}

/// Registers that one cannot write to.
const READ_ONLY: &str = "%#:./";

impl Vi {
    /// Whether a register has that name.
    pub(super) fn is_register(name: char) -> bool {
        name.is_ascii_alphanumeric() || "\"-_+*".contains(name) || READ_ONLY.contains(name)
    }

    /// Puts text into the chosen register, or where yanked or deleted text goes by itself.
    pub(super) fn keep(&mut self, register: Register, deleted: bool) {
        let registers = &mut self.registers;
        match registers.chosen.filter(|name| *name != '"') {
            Some('_') => return,
            Some(name) if READ_ONLY.contains(name) => return,
            Some(name) if name.is_ascii_uppercase() => {
                let own = registers.named.entry(name.to_ascii_lowercase()).or_default();
                append(own, &register);
            }
            Some(name) => {
                registers.named.insert(name, register.clone());
            }
            None if !deleted => {
                registers.named.insert('0', register.clone());
            }
            None if register.lines.len() < 2 && !register.is_linewise() => {
                registers.named.insert('-', register.clone());
            }
            None => {
                for n in (b'1'..b'9').rev() {
                    if let Some(older) = registers.named.get(&(n as char)).cloned() {
                        registers.named.insert((n + 1) as char, older);
                    }
                }
                registers.named.insert('1', register.clone());
            }
        }
        registers.named.insert('"', register);
    }

    /// What a register holds.
    pub(super) fn register(&self, name: Option<char>) -> Register {
        let name = name.unwrap_or('"').to_ascii_lowercase();
        let last = |kind: char| {
            self.lines_typed.iter().rev().find_map(|line| line.strip_prefix(kind)).unwrap_or_default()
        };
        let text = match name {
            '%' => self.text.path.clone().unwrap_or_default(),
            '#' => self.alternate.clone().unwrap_or_default(),
            ':' => last(':').to_owned(),
            '/' => self.search.as_ref().map_or(String::new(), |(pattern, _)| pattern.clone()),
            '.' => self.registers.inserted.clone(),
            '+' | '*' => return self.registers.named.get(&'"').cloned().unwrap_or_default(),
            name => return self.registers.named.get(&name).cloned().unwrap_or_default(),
        };
        if text.is_empty() { Register::default() } else { Register::word(&text) }
    }

    /// The end of a recording: its keys become a register's text.
    pub(super) fn keep_macro(&mut self, name: char, keys: &[Key]) {
        let register = Register::word(&keys.iter().filter_map(|key| char_of(*key)).collect::<String>());
        if name.is_ascii_uppercase() {
            let own = self.registers.named.entry(name.to_ascii_lowercase()).or_default();
            append(own, &register);
        } else {
            self.registers.named.insert(name, register);
        }
    }

    /// `:registers`
    pub(super) fn tell_registers(&mut self, wanted: &str) {
        let mut lines = vec!["Type Name Content".to_owned()];
        let order = "\"0123456789abcdefghijklmnopqrstuvwxyz-.:%#/";
        for name in order.chars().filter(|name| wanted.is_empty() || wanted.contains(*name)) {
            let register = self.register(Some(name));
            if register.lines.is_empty() {
                continue;
            }
            let kind = match register.shape {
                Some(Shape::Lines) => 'l',
                Some(Shape::Block) => 'b',
                _ => 'c',
            };
            let text: String = register.text().chars().take(60).collect();
            let shown =
                text.replace('\n', "^J").replace('\r', "^M").replace('\u{1b}', "^[").replace('\t', "^I");
            lines.push(format!("  {kind}  \"{name}   {shown}"));
        }
        self.tell(lines);
    }
}

fn append(own: &mut Register, more: &Register) {
    if own.lines.is_empty() {
        own.clone_from(more);
    } else if own.is_linewise() || more.is_linewise() {
        own.lines.extend(more.lines.iter().cloned());
        own.shape = Some(Shape::Lines);
    } else {
        let mut rest = more.lines.iter().cloned();
        if let (Some(last), Some(first)) = (own.lines.last_mut(), rest.next()) {
            last.extend(first);
        }
        own.lines.extend(rest);
    }
}

/// Keys that are no characters of their own, in the private use area of Unicode.
const SPECIAL: [(Key, char); 9] = [
    (Key::Delete, '\u{e001}'),
    (Key::Up, '\u{e002}'),
    (Key::Down, '\u{e003}'),
    (Key::Left, '\u{e004}'),
    (Key::Right, '\u{e005}'),
    (Key::Home, '\u{e006}'),
    (Key::End, '\u{e007}'),
    (Key::PageUp, '\u{e008}'),
    (Key::PageDown, '\u{e009}'),
];

/// The character that stands for a key in a macro's text.
fn char_of(key: Key) -> Option<char> {
    Some(match key {
        Key::Char(c) => c,
        Key::Ctrl(c) => (c as u8 & 0x1f) as char,
        Key::Enter => '\r',
        Key::Tab => '\t',
        Key::Esc => '\u{1b}',
        Key::Backspace => '\u{8}',
        other => SPECIAL.iter().find(|(key, _)| *key == other)?.1,
    })
}

/// The keys that a text stands for.
pub(super) fn keys_of(text: &str) -> Vec<Key> {
    let key = |c: char| match c {
        '\r' | '\n' => Key::Enter,
        '\t' => Key::Tab,
        '\u{1b}' => Key::Esc,
        '\u{8}' | '\u{7f}' => Key::Backspace,
        c if (c as u32) < 32 => Key::Ctrl((c as u8 + 64) as char),
        c => SPECIAL.iter().find(|(_, own)| *own == c).map_or(Key::Char(c), |(key, _)| *key),
    };
    text.chars().map(key).collect()
}
