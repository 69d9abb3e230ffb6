//! `dgst` and the commands named after digests: digests, keyed digests, signatures of files.

use super::{
    errors,
    job::{Job, Outcome, Stop},
    show,
};
use crate::bytes::{
    digest,
    key::{PrivateKey, PublicKey},
};

/// Digests by the names they are called by, and shown with.
pub const DIGESTS: &[(&str, &str)] = &[
    ("md5", "MD5"),
    ("sha1", "SHA1"),
    ("sha224", "SHA2-224"),
    ("sha256", "SHA2-256"),
    ("sha384", "SHA2-384"),
    ("sha512", "SHA2-512"),
];

/// A digest's own name, from one that may have capitals.
pub fn known(name: &str) -> Option<(&'static str, &'static str)> {
    DIGESTS.iter().copied().find(|(short, _)| name.eq_ignore_ascii_case(short))
}

/// The digest that is named by an option, SHA-256 where none is; the complaint about one that is none.
pub fn chosen(job: &mut Job<'_, '_>) -> Result<&'static str, Stop> {
    match job.args.named.clone() {
        None => Ok("sha256"),
        Some(name) => {
            match known(&name) {
                Some((name, _)) => Ok(name),
                None => {
                    let command = job.args.command.clone();
                    job.fail(format!("{command}: Unknown option or message digest: {name}\n{command}: Use -help for summary.\n"))
                }
            }
        }
    }
}

/// HMAC (RFC 2104).
fn keyed(hash: &str, key: &[u8], message: &[u8]) -> Vec<u8> {
    let block = if matches!(hash, "sha384" | "sha512") { 128 } else { 64 };
    let mut key = if key.len() > block { digest::raw(hash, key) } else { key.to_vec() };
    key.resize(block, 0);
    let pad = |with: u8| key.iter().map(|b| b ^ with).collect::<Vec<u8>>();
    let inner = digest::raw(hash, &[&*pad(0x36), message].concat());
    digest::raw(hash, &[pad(0x5c), inner].concat())
}

/// `dgst`, `sha256` and the like.
pub fn dgst(job: &mut Job<'_, '_>) -> Outcome {
    let own = known(&job.args.command).map(|(name, _)| name);
    let named = job.args.named.clone();
    if let Some(name) = named.as_deref().filter(|n| known(n).is_none()) {
        let queue = errors::no_algorithm(name);
        return job.fail(format!(
            "dgst: Unknown option or message digest: {name}\ndgst: Use -help for summary.\n{queue}"
        ));
    }
    let hash = own.unwrap_or(chosen(job)?);
    // Only a digest that was asked for is called by its new name.
    let title = if own.is_none() && named.is_none() { "SHA256" } else { known(hash).map_or("", |(_, t)| t) };
    let signer = match job.args.value("sign") {
        Some(_) => Some(job.private_key("private key", "sign")?),
        None => None,
    };
    let public = match (job.args.value("verify"), job.args.value("prverify")) {
        (Some(_), _) => Some(job.load("public key", "verify", PublicKey::from_file)?),
        (_, Some(_)) => Some(job.private_key("private key", "prverify")?.public()),
        _ => None,
    };
    if matches!(signer, Some(PrivateKey::Ed(_))) || matches!(public, Some(PublicKey::Ed(_))) {
        return job.fail("Key type not supported for this operation\n");
    }
    let signature = match (&public, job.args.value("signature")) {
        (Some(_), None) => return job.fail("No signature to verify: use the -signature option\n"),
        (Some(_), Some(file)) => match job.file(file) {
            Ok(bytes) => bytes.to_vec(),
            Err(e) => {
                return job.fail(format!(
                    "Error opening signature file {file}\n{}",
                    errors::queue_of_open(file, e, "rb")
                ));
            }
        },
        _ => Vec::new(),
    };
    let files: Vec<Option<String>> = match job.args.rest.as_slice() {
        [] => vec![None],
        files => files.iter().cloned().map(Some).collect(),
    };
    let mut failed = false;
    for file in files {
        let bytes = match job.file(file.as_deref().unwrap_or("-")) {
            Ok(bytes) => bytes,
            Err(e) => {
                let name = file.unwrap_or_default();
                let queue = errors::queue_of_input(&name, e);
                job.eprint(format!("{name}: {e}\n{queue}"));
                failed = true;
                continue;
            }
        };
        // Long inputs take their time.
        job.sys.spend(bytes.len() as u64 / 64);
        if let Some(public) = &public {
            let holds = public.verify(hash, bytes, &signature);
            if !holds && let PublicKey::Rsa { .. } = public {
                job.eprint(errors::line(
                    "02000068:rsa routines:ossl_rsa_verify:bad signature:../crypto/rsa/rsa_sign.c:430:",
                ));
                job.eprint(errors::line("1C880004:Provider routines:rsa_verify:RSA lib:../providers/implementations/signature/rsa_sig.c:774:"));
            }
            job.print(if holds { "Verified OK\n" } else { "Verification failure\n" });
            failed |= !holds;
            continue;
        }
        let (title, sum) = match (&signer, job.args.value("hmac")) {
            (Some(key), _) => match key.sign(hash, bytes) {
                Some((_, signature)) => {
                    let kind = if matches!(key, PrivateKey::Rsa(_)) { "RSA" } else { "ECDSA" };
                    (format!("{kind}-{title}"), signature)
                }
                None => return job.fail("Error signing data\n"),
            },
            (_, Some(key)) => (format!("HMAC-{title}"), keyed(hash, key.as_bytes(), bytes)),
            _ => (title.to_string(), digest::raw(hash, bytes)),
        };
        let binary = job.args.has("binary") || signer.is_some() && !job.args.has("hex");
        let text = if binary { sum } else { line(job, &title, &sum, file.as_deref()).into_bytes() };
        job.write(job.args.value("out"), text, 0o666)?;
    }
    if failed { Err(Stop::Exit(1)) } else { Ok(()) }
}

fn line(job: &Job<'_, '_>, title: &str, sum: &[u8], file: Option<&str>) -> String {
    let digits = digest::hex(sum.iter().copied());
    if job.args.has("r") {
        return format!("{digits} *{}\n", file.unwrap_or("stdin"));
    }
    let digits = if job.args.has("c") { show::digits(sum, ":") } else { digits };
    format!("{title}({})= {digits}\n", file.unwrap_or("stdin"))
}
