//! `rand`, `enc -base64`, `base64`, `passwd`, `version`, `help`.

use super::{
    errors,
    job::{Job, Outcome, Stop},
};
use crate::{
    bytes::{crypt, digest, random::Stream},
    text::{base64, unbase64},
};

const VERSION: &str = "OpenSSL 3.0.13 30 Jan 2024";

/// `rand`
pub fn rand(job: &mut Job<'_, '_>) -> Outcome {
    let count = match job.args.rest.as_slice() {
        [] => 0,
        [one] => match one.parse::<usize>() {
            Ok(n) => n,
            Err(_) => {
                return job.fail(format!(
                    "rand: Can't parse \"{one}\" as a number\nrand: Use -help for summary.\n"
                ));
            }
        },
        _ => return job.fail("Extra arguments given.\nrand: Use -help for summary.\n"),
    };
    if count > 16 << 20 {
        return job.fail("openssl rand: more than 16 MiB are not simulated\n");
    }
    job.sys.spend(count as u64 / 64);
    let bytes = Stream::new(job.facts.seed).bytes(count);
    let bytes = if job.args.has("hex") {
        (digest::hex(bytes.into_iter()) + "\n").into_bytes()
    } else if job.args.has("base64") {
        wrapped(&base64(&bytes)).into_bytes()
    } else {
        bytes
    };
    job.write(job.args.value("out"), bytes, 0o600)
}

/// `enc` and `base64`
pub fn enc(job: &mut Job<'_, '_>) -> Outcome {
    let plain = job.args.command == "base64" || job.args.has("base64") || job.args.has("a");
    if !plain || job.args.named.is_some() {
        return job.fail("openssl enc: only -base64 is simulated\n");
    }
    let file = job.args.value("in").or(job.args.rest.first().map(String::as_str));
    let bytes = match job.file(file.unwrap_or("-")) {
        Ok(bytes) => bytes,
        Err(e) => return job.fail(errors::no_file(file.unwrap_or("-"), e)),
    };
    let bytes = if job.args.has("d") {
        match unbase64(bytes) {
            Some(bytes) => bytes,
            None => return job.fail("error reading input file\n"),
        }
    } else {
        let text = base64(bytes);
        if job.args.has("A") { text.into_bytes() } else { wrapped(&text).into_bytes() }
    };
    job.write(job.args.value("out"), bytes, 0o666)
}

fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out
}

/// `passwd`
pub fn passwd(job: &mut Job<'_, '_>) -> Outcome {
    let salt = job.args.value("salt").map_or_else(|| crypt::salt(job.facts.seed), str::to_string);
    let simulated = !job.args.has("5") && !job.args.has("6");
    let [password] = job.args.rest.as_slice() else {
        return job
            .fail("openssl passwd: only -apr1 and -1 with the password as an argument are simulated\n");
    };
    if !simulated {
        return job
            .fail("openssl passwd: only -apr1 and -1 with the password as an argument are simulated\n");
    }
    let magic = if job.args.has("apr1") { "$apr1$" } else { "$1$" };
    job.print(format!("{}\n", crypt::md5_crypt(password, &salt, magic)));
    Ok(())
}

/// `version`
pub fn version(job: &mut Job<'_, '_>) -> Outcome {
    let all = job.args.has("a");
    let lines = [
        ("v", format!("{VERSION} (Library: {VERSION})")),
        ("b", "built on: Wed Feb  5 13:19:41 2025 UTC".to_string()),
        ("p", "platform: debian-amd64".to_string()),
        ("o", "options:  bn(64,64)".to_string()),
        ("f", "compiler: gcc -fPIC -pthread -m64 -Wa,--noexecstack -Wall".to_string()),
        ("d", "OPENSSLDIR: \"/usr/lib/ssl\"".to_string()),
        ("e", "ENGINESDIR: \"/usr/lib/x86_64-linux-gnu/engines-3\"".to_string()),
        ("m", "MODULESDIR: \"/usr/lib/x86_64-linux-gnu/ossl-modules\"".to_string()),
        ("r", "Seeding source: os-specific".to_string()),
    ];
    let none = job.args.list.is_empty();
    for (flag, line) in lines {
        if all || job.args.has(flag) || none && flag == "v" {
            job.print(line + "\n");
        }
    }
    Ok(())
}

/// Standard commands of the real program: what is not simulated is refused in one line.
pub const STANDARD: &str = "asn1parse ca ciphers cmp cms crl crl2pkcs7 dgst dhparam dsa dsaparam ec ecparam enc engine errstr fipsinstall gendsa genpkey genrsa help info kdf list mac nseq ocsp passwd pkcs12 pkcs7 pkcs8 pkey pkeyparam pkeyutl prime rand rehash req rsa rsautl s_client s_server s_time sess_id smime speed spkac srp storeutl ts verify version x509";
pub const DIGESTS: &str = "blake2b512 blake2s256 md4 md5 rmd160 sha1 sha224 sha256 sha3-224 sha3-256 sha3-384 sha3-512 sha384 sha512 sha512-224 sha512-256 shake128 shake256 sm3";
pub const CIPHERS: &str = "aes-128-cbc aes-128-ecb aes-192-cbc aes-192-ecb aes-256-cbc aes-256-ecb aria-128-cbc aria-128-cfb aria-128-cfb1 aria-128-cfb8 aria-128-ctr aria-128-ecb aria-128-ofb aria-192-cbc aria-192-cfb aria-192-cfb1 aria-192-cfb8 aria-192-ctr aria-192-ecb aria-192-ofb aria-256-cbc aria-256-cfb aria-256-cfb1 aria-256-cfb8 aria-256-ctr aria-256-ecb aria-256-ofb base64 bf bf-cbc bf-cfb bf-ecb bf-ofb camellia-128-cbc camellia-128-ecb camellia-192-cbc camellia-192-ecb camellia-256-cbc camellia-256-ecb cast cast-cbc cast5-cbc cast5-cfb cast5-ecb cast5-ofb des des-cbc des-cfb des-ecb des-ede des-ede-cbc des-ede-cfb des-ede-ofb des-ede3 des-ede3-cbc des-ede3-cfb des-ede3-ofb des-ofb des3 desx rc2 rc2-40-cbc rc2-64-cbc rc2-cbc rc2-cfb rc2-ecb rc2-ofb rc4 rc4-40 seed seed-cbc seed-cfb seed-ecb seed-ofb sm4-cbc sm4-cfb sm4-ctr sm4-ecb sm4-ofb";

/// Whether the real program has such a command.
pub fn is_command(name: &str) -> bool {
    [STANDARD, DIGESTS, CIPHERS].iter().any(|list| list.split(' ').any(|n| n == name))
}

/// `help`: on stderr, as the real one has it.
pub fn help(job: &mut Job<'_, '_>) -> Outcome {
    if let Some(name) = job.args.rest.first() {
        if is_command(name) {
            return job.fail(format!("openssl help: type \"openssl {name} -help\"\n"));
        }
        return job.fail(format!("Invalid command '{name}'; type \"help\" for a list.\n"));
    }
    let mut text = "help:\n".to_string();
    let lists = [
        ("Standard commands", STANDARD),
        ("Message Digest commands (see the `dgst' command for more details)", DIGESTS),
        ("Cipher commands (see the `enc' command for more details)", CIPHERS),
    ];
    for (title, list) in lists {
        text.push_str(&format!("\n{title}\n"));
        let names: Vec<&str> = list.split(' ').collect();
        for row in names.chunks(4) {
            text.extend(row.iter().map(|name| format!("{name:<18}")));
            text.push('\n');
        }
    }
    text.push('\n');
    job.eprint(text);
    Err(Stop::Exit(0))
}
