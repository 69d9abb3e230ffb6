//! Text work that several programs and the shell share: backslash escapes, shell patterns, regular expressions.

pub mod glob;
pub mod math;
pub mod printf;
pub mod regex;

/// Reads backslash escapes as `echo -e` (`octal0`: only `\0nnn` is octal) or `printf` and `$'…'` (`\nnn`) do.
/// Gives the bytes, and whether `\c` ended the output.
pub fn unescape(text: &str, octal0: bool) -> (Vec<u8>, bool) {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] != b'\\' || i + 1 >= bytes.len() {
            out.push(bytes[i]);
            i += 1;
            continue;
        }
        let c = bytes[i + 1];
        i += 2;
        let simple = match c {
            b'a' => Some(7),
            b'b' => Some(8),
            b'e' | b'E' => Some(27),
            b'f' => Some(12),
            b'n' => Some(10),
            b'r' => Some(13),
            b't' => Some(9),
            b'v' => Some(11),
            b'\\' => Some(b'\\'),
            _ => None,
        };
        if let Some(b) = simple {
            out.push(b);
            continue;
        }
        match c {
            b'c' => return (out, true),
            b'x' => match digits(bytes, i, 16, 2) {
                (_, 0) => out.extend(b"\\x"),
                (value, n) => {
                    out.push(value as u8);
                    i += n;
                }
            },
            b'u' | b'U' => match digits(bytes, i, 16, if c == b'u' { 4 } else { 8 }) {
                (_, 0) => out.extend([b'\\', c]),
                (value, n) => {
                    let ch = char::from_u32(value).unwrap_or('\u{FFFD}');
                    out.extend(ch.to_string().as_bytes());
                    i += n;
                }
            },
            b'0'..=b'7' => {
                let (from, most) = if octal0 && c == b'0' { (i, 3) } else { (i - 1, 3) };
                if octal0 && c != b'0' {
                    out.extend([b'\\', c]);
                    continue;
                }
                let (value, n) = digits(bytes, from, 8, most);
                out.push(value as u8);
                i = from + n;
            }
            other => out.extend([b'\\', other]),
        }
    }
    (out, false)
}

fn digits(bytes: &[u8], from: usize, radix: u32, most: usize) -> (u32, usize) {
    let mut value = 0u32;
    let mut n = 0;
    while n < most {
        let Some(d) = bytes.get(from + n).and_then(|b| char::from(*b).to_digit(radix)) else { break };
        value = value.wrapping_mul(radix).wrapping_add(d);
        n += 1;
    }
    (value, n)
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let n = u32::from(chunk[0]) << 16
            | u32::from(*chunk.get(1).unwrap_or(&0)) << 8
            | u32::from(*chunk.get(2).unwrap_or(&0));
        for i in 0..4 {
            if i <= chunk.len() {
                out.push(BASE64[(n >> (18 - 6 * i)) as usize & 63] as char);
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// Reads base64; None when a character is none of its alphabet or the length is wrong.
pub fn unbase64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut n, mut bits) = (0u32, 0);
    for &b in text.iter().filter(|b| !b.is_ascii_whitespace()) {
        if b == b'=' {
            break;
        }
        n = n << 6 | BASE64.iter().position(|a| *a == b)? as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((n >> bits) as u8);
        }
    }
    (bits < 6).then_some(out)
}
