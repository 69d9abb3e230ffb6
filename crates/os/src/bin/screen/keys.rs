//! Keys from the bytes that a terminal sends.

use std::collections::VecDeque;

/// One key as a person presses it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    Char(char),
    /// Control and the upper-case letter.
    Ctrl(char),
    Alt(char),
    Enter,
    Tab,
    Esc,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    /// `F1` to `F12`.
    Function(u8),
    /// The terminal's brackets around pasted text.
    PasteBegin,
    PasteEnd,
}

/// Reads one key, byte by byte, so that what is typed after the last key of a program is left to the next one.
/// An escape with nothing behind it is the key Esc; `alt`: with a character behind it, that key with Alt.
pub(super) fn read_key(
    next: &mut dyn FnMut() -> Option<u8>,
    alt: bool,
    unread: &mut VecDeque<u8>,
) -> Option<Key> {
    let first = unread.pop_front().or_else(&mut *next)?;
    Some(match first {
        b'\r' | b'\n' => Key::Enter,
        b'\t' => Key::Tab,
        8 | 127 => Key::Backspace,
        27 => escape(next, alt, unread),
        0 => Key::Ctrl('@'),
        1..=31 => Key::Ctrl((first + 64) as char),
        32..=126 => Key::Char(first as char),
        _ => {
            let more = match first {
                0xC0..=0xDF => 1,
                0xE0..=0xEF => 2,
                0xF0.. => 3,
                _ => 0,
            };
            let mut encoded = vec![first];
            for _ in 0..more {
                encoded.extend(unread.pop_front().or_else(&mut *next));
            }
            Key::Char(String::from_utf8_lossy(&encoded).chars().next().unwrap_or('\u{FFFD}'))
        }
    })
}

fn escape(next: &mut dyn FnMut() -> Option<u8>, alt: bool, unread: &mut VecDeque<u8>) -> Key {
    let mut byte = || unread.pop_front().or_else(&mut *next);
    let Some(second) = byte() else { return Key::Esc };
    if !matches!(second, b'[' | b'O') {
        if alt && second.is_ascii_graphic() {
            return Key::Alt(second as char);
        }
        unread.push_front(second);
        return Key::Esc;
    }
    let mut taken = vec![second];
    while let Some(byte) = byte() {
        taken.push(byte);
        let number = std::str::from_utf8(&taken[1..taken.len() - 1]).unwrap_or_default();
        return match byte {
            b'0'..=b'9' | b';' if second == b'[' && taken.len() < 12 => continue,
            b'A' => Key::Up,
            b'B' => Key::Down,
            b'C' => Key::Right,
            b'D' => Key::Left,
            b'H' => Key::Home,
            b'F' => Key::End,
            b'P'..=b'S' if second == b'O' => Key::Function(byte - b'O'),
            b'~' => match number {
                "1" | "7" => Key::Home,
                "4" | "8" => Key::End,
                "3" => Key::Delete,
                "5" => Key::PageUp,
                "6" => Key::PageDown,
                "11" | "12" | "13" | "14" | "15" => Key::Function(number.as_bytes()[1] - b'0'),
                "17" | "18" | "19" => Key::Function(number.as_bytes()[1] - b'1'),
                "20" | "21" => Key::Function(number.as_bytes()[1] - b'0' + 9),
                "23" | "24" => Key::Function(number.as_bytes()[1] - b'0' + 8),
                "200" => Key::PasteBegin,
                "201" => Key::PasteEnd,
                _ => Key::Esc,
            },
            _ => break,
        };
    }
    // No sequence that is known: Esc, and what was typed after it.
    for byte in taken.into_iter().rev() {
        unread.push_front(byte);
    }
    Key::Esc
}
