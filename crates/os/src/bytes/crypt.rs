//! Password hashes of htpasswd and `openssl passwd`: the MD5 scheme that Apache made its own.

use super::digest::md5;

const LETTERS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Eight letters of salt from a random number.
pub fn salt(mut random: u64) -> String {
    let mut text = String::new();
    for _ in 0..8 {
        text.push(LETTERS[(random & 63) as usize] as char);
        random >>= 6;
    }
    text
}

/// `$apr1$SALT$HASH`, or with `magic` `$1$` the older form of crypt(3).
pub fn md5_crypt(password: &str, salt: &str, magic: &str) -> String {
    let (pw, salt) = (password.as_bytes(), &salt.as_bytes()[..salt.len().min(8)]);
    let inner = md5(&[pw, salt, pw].concat());
    let mut first = [pw, magic.as_bytes(), salt].concat();
    first.extend(inner.iter().cycle().take(pw.len()));
    let mut n = pw.len();
    while n > 0 {
        first.push(if n & 1 == 1 { 0 } else { pw[0] });
        n >>= 1;
    }
    let mut hash = md5(&first);
    for round in 0..1000 {
        let mut text = Vec::new();
        text.extend_from_slice(if round & 1 == 1 { pw } else { &hash });
        if round % 3 != 0 {
            text.extend_from_slice(salt);
        }
        if round % 7 != 0 {
            text.extend_from_slice(pw);
        }
        text.extend_from_slice(if round & 1 == 1 { &hash } else { pw });
        hash = md5(&text);
    }
    let mut out = format!("{magic}{}$", String::from_utf8_lossy(salt));
    let mut put = |a: u8, b: u8, c: u8, letters: usize| {
        let mut value = u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c);
        for _ in 0..letters {
            out.push(LETTERS[(value & 63) as usize] as char);
            value >>= 6;
        }
    };
    for (a, b, c) in [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)] {
        put(hash[a], hash[b], hash[c], 4);
    }
    put(0, 0, hash[11], 2);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_openssl_passwd() {
        assert_eq!(md5_crypt("secret", "abcdefgh", "$apr1$"), "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/");
        assert_eq!(md5_crypt("secret", "abcdefgh", "$1$"), "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1");
    }
}
