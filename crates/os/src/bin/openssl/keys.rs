//! `genrsa`, `genpkey`, `ecparam`: new keys. `rsa`, `ec`, `pkey`, `pkcs8`: keys read, shown, written anew.

use super::{
    args::Args,
    errors,
    job::{Job, KeySpec, Outcome, Stop},
    show,
};
use crate::bytes::{
    big::Big,
    curve::Curve,
    der::{armoured, oid},
    digest,
    key::{PrivateKey, PublicKey},
    prime::is_prime,
};

/// The greatest key that is made: greater ones take hours.
const MOST_BITS: usize = 16_384;

pub const CIPHERS: &[&str] =
    &["aes128", "aes192", "aes256", "des", "des3", "camellia256", "aria256", "idea", "seed"];

/// The refusal of a cipher that was named, or of one that is none.
pub fn no_cipher(job: &mut Job<'_, '_>, name: &str) -> Outcome {
    let command = job.args.command.clone();
    if CIPHERS.iter().any(|c| name.starts_with(c)) || name.contains("-cbc") {
        return job
            .fail(format!("openssl {command}: encrypted keys are not simulated: leave -{name} away\n"));
    }
    job.fail(format!("{command}: Unknown cipher: {name}\n{}", errors::no_algorithm(name)))
}

/// Checks the length of an RSA key; `what` is said of one that is too short.
pub fn rsa_spec(job: &mut Job<'_, '_>, bits: usize, what: &str) -> Result<KeySpec, Stop> {
    if bits < 512 {
        let queue = errors::line(
            "1C8000AB:Provider routines:rsa_gen_set_params:key size too small:../providers/implementations/keymgmt/rsa_kmgmt.c:509:",
        );
        return job.fail(format!("{what}\n{queue}"));
    }
    if bits > MOST_BITS {
        let command = job.args.command.clone();
        return job
            .fail(format!("openssl {command}: keys of more than {MOST_BITS} bits are not simulated\n"));
    }
    Ok(KeySpec::Rsa(bits))
}

/// The kind of key that options of `-pkeyopt` describe; `said` begins the complaint.
pub fn spec(
    job: &mut Job<'_, '_>,
    algorithm: &str,
    default_bits: usize,
    said: &str,
) -> Result<KeySpec, Stop> {
    let (mut bits, mut curve) = (default_bits, None);
    let command = job.args.command.clone();
    let options: Vec<String> = job.args.values("pkeyopt").map(str::to_string).collect();
    for option in &options {
        let (name, value) = option.split_once(':').unwrap_or((option, ""));
        match name {
            "rsa_keygen_bits" if algorithm == "RSA" => match value.parse() {
                Ok(n) => bits = n,
                Err(_) => return job.fail(format!("{command}: Error setting {option} parameter:\n")),
            },
            "rsa_keygen_pubexp" | "rsa_keygen_primes" if algorithm == "RSA" => {}
            "ec_paramgen_curve" if algorithm == "EC" => curve = Some(value.to_string()),
            "ec_param_enc" if algorithm == "EC" => {}
            _ => {
                let queue = errors::line(&format!(
                    "03000093:digital envelope routines:default_fixup_args:command not supported:../crypto/evp/ctrl_params_translate.c:580:[action:2, state:4] name={name}, value={value}"
                ));
                return job.fail(format!("{command}: Error setting {option} parameter:\n{queue}"));
            }
        }
    }
    match (algorithm, curve.as_deref()) {
        ("RSA", _) => rsa_spec(job, bits, "Error setting keysize"),
        ("ED25519", _) => Ok(KeySpec::Ed),
        (_, Some(name)) => match Curve::find(name) {
            Some(curve) => Ok(KeySpec::Ec(curve.name)),
            None => {
                let queue = no_curve();
                job.fail(format!("{command}: Error generating {said} key\n{queue}"))
            }
        },
        (_, None) => job.fail(format!("{command}: Error generating {said} key\n")),
    }
}

fn no_curve() -> String {
    errors::line(
        "0800008D:elliptic curve routines:group_new_from_name:invalid curve:../crypto/ec/ec_lib.c:1490:",
    )
}

/// `genrsa`
pub fn genrsa(job: &mut Job<'_, '_>) -> Outcome {
    if let Some(name) = job.args.named.clone() {
        return no_cipher(job, &name);
    }
    let bits = match job.args.rest.as_slice() {
        [] => 2048,
        [one] => match one.parse::<i64>() {
            Ok(n) => usize::try_from(n).unwrap_or(0),
            Err(_) => return job.fail(format!("genrsa: Can't parse \"{one}\" as a number\n")),
        },
        _ => return job.fail("Extra arguments given.\ngenrsa: Use -help for summary.\n"),
    };
    let spec = rsa_spec(job, bits, "Error setting RSA length")?;
    let verbose = job.args.has("verbose");
    if verbose {
        job.eprint(format!("Generating RSA key with {bits} bits\n"));
    }
    let key = job.key(spec, verbose)?;
    if verbose {
        job.eprint("e is 65537 (0x010001)\n");
    }
    write_private(job, &key, job.args.has("traditional"))
}

/// `genpkey`
pub fn genpkey(job: &mut Job<'_, '_>) -> Outcome {
    let Some(name) = job.args.value("algorithm") else {
        return job.fail("genpkey: Use -help for summary.\n");
    };
    if let Some(name) = job.args.named.clone() {
        return no_cipher(job, &name);
    }
    let upper = name.to_ascii_uppercase();
    let algorithm = match upper.as_str() {
        "RSA" | "EC" | "ED25519" => upper.as_str(),
        "RSA-PSS" | "X25519" | "X448" | "ED448" | "DSA" | "DH" => {
            return job.fail(format!("openssl genpkey: keys of the kind {name} are not simulated\n"));
        }
        _ => return job.fail(format!("Error initializing {name} context\n{}", errors::no_algorithm(name))),
    };
    let spec = spec(job, algorithm, 2048, name)?;
    let key = job.key(spec, !job.args.has("quiet"))?;
    write_private(job, &key, false)?;
    if job.args.has("text") {
        job.print(show::private(&key));
    }
    Ok(())
}

/// `ecparam`
pub fn ecparam(job: &mut Job<'_, '_>) -> Outcome {
    if job.args.has("list_curves") {
        let purposes =
            ["NIST/SECG curve over a 384 bit prime field", "X9.62/SECG curve over a 256 bit prime field"];
        for (name, purpose) in ["secp384r1", "prime256v1"].iter().zip(purposes) {
            job.print(format!("  {name:<10}: {purpose}\n"));
        }
        return Ok(());
    }
    let found = match job.args.value("name") {
        Some(name) => Curve::find(name),
        None => {
            let parameters = |bytes: &[u8]| {
                let text = crate::bytes::der::blocks(bytes);
                let der = text.iter().find(|(label, _)| label == "EC PARAMETERS").map(|(_, der)| der)?;
                Curve::find(&crate::bytes::der::Node::first(der)?.oid()?)
            };
            Some(job.load("EC parameters", "in", parameters)?)
        }
    };
    let Some(curve) = found else {
        let what =
            if job.args.has("genkey") { "unable to generate key\n" } else { "Error reading EC parameters\n" };
        return job.fail(what.to_string() + &no_curve());
    };
    let mut text = String::new();
    if job.args.has("text") {
        text.push_str(&format!(
            "EC-Parameters: ({} bit)\nASN1 OID: {}\nNIST CURVE: {}\n",
            curve.bits, curve.name, curve.nist
        ));
    }
    if !job.args.has("noout") {
        text.push_str(&armoured("EC PARAMETERS", &oid(curve.oid)));
    }
    let genkey = job.args.has("genkey");
    if genkey {
        let key = job.key(KeySpec::Ec(curve.name), false)?;
        let (label, der) = key.traditional();
        text.push_str(&armoured(label, &der));
    }
    job.write(job.args.value("out"), text, if genkey { 0o600 } else { 0o666 })
}

/// Writes a private key to `-out`.
fn write_private(job: &mut Job<'_, '_>, key: &PrivateKey, traditional: bool) -> Outcome {
    let (label, der) = if traditional { key.traditional() } else { ("PRIVATE KEY", key.pkcs8()) };
    let bytes = if job.args.der() { der } else { armoured(label, &der).into_bytes() };
    job.write(job.args.value("out"), bytes, 0o600)
}

/// A key that was read: with its private half or without.
enum Either {
    Private(PrivateKey),
    Public(PublicKey),
}

impl Either {
    fn public(&self) -> PublicKey {
        match self {
            Either::Private(key) => key.public(),
            Either::Public(key) => key.clone(),
        }
    }
}

fn load(job: &mut Job<'_, '_>, private: &str, public: &str) -> Result<Either, Stop> {
    if job.args.has("pubin") {
        return Ok(Either::Public(job.load(public, "in", PublicKey::from_file)?));
    }
    Ok(Either::Private(job.private_key(private, "in")?))
}

/// Writes the key as the options say: the public half, or all of it.
fn write(job: &mut Job<'_, '_>, key: &Either, traditional: bool, text: &str) -> Outcome {
    let public = job.args.has("pubout") || job.args.has("pubin");
    let der = job.args.der();
    let bytes = match key {
        Either::Private(key) if !public => {
            let (label, body) = if traditional { key.traditional() } else { ("PRIVATE KEY", key.pkcs8()) };
            if der { body } else { armoured(label, &body).into_bytes() }
        }
        key => {
            let info = key.public().info();
            if der { info } else { armoured("PUBLIC KEY", &info).into_bytes() }
        }
    };
    let bytes = if job.args.has("noout") { Vec::new() } else { bytes };
    let mode = if public || job.args.has("noout") { 0o666 } else { 0o600 };
    let all = if job.args.command == "pkey" {
        [&*bytes, text.as_bytes()].concat()
    } else {
        [text.as_bytes(), &*bytes].concat()
    };
    job.write(job.args.value("out"), all, mode)
}

/// `rsa`
pub fn rsa(job: &mut Job<'_, '_>) -> Outcome {
    refuse_cipher(job)?;
    let key = load(job, "private key", "public key")?;
    let PublicKey::Rsa { n, .. } = key.public() else {
        return job.fail("Not an RSA key\n");
    };
    let mut text = if job.args.has("text") { words(&key) } else { String::new() };
    if job.args.has("modulus") {
        text.push_str(&format!("Modulus={}\n", digest::hex(n.bytes().into_iter()).to_ascii_uppercase()));
    }
    if job.args.has("check") {
        text.push_str(match &key {
            Either::Private(key) if is_whole(key) => "RSA key ok\n",
            Either::Private(_) => "RSA key not ok\n",
            Either::Public(_) => return job.fail("Only private keys can be checked\n"),
        });
    }
    if !job.args.has("noout") {
        job.eprint("writing RSA key\n");
    }
    write(job, &key, job.args.has("traditional"), &text)
}

/// `ec`
pub fn ec(job: &mut Job<'_, '_>) -> Outcome {
    refuse_cipher(job)?;
    job.eprint("read EC key\n");
    let key = match load(job, "private key", "public key") {
        Ok(key) => key,
        Err(stop) => {
            job.eprint("unable to load Key\n");
            return Err(stop);
        }
    };
    let text = if job.args.has("text") { words(&key) } else { String::new() };
    if job.args.has("check") {
        let whole = matches!(&key, Either::Private(key) if is_whole(key)) || job.args.has("pubin");
        job.eprint(if whole { "EC Key valid.\n" } else { "EC Key Invalid!\n" });
    }
    if !job.args.has("noout") {
        job.eprint("writing EC key\n");
    }
    write(job, &key, true, &text)
}

/// `pkey`
pub fn pkey(job: &mut Job<'_, '_>) -> Outcome {
    refuse_cipher(job)?;
    let key = load(job, "key", "key of Public Key")?;
    let mut valid = true;
    if job.args.has("check") || job.args.has("pubcheck") {
        valid = matches!(&key, Either::Private(key) if is_whole(key)) || job.args.has("pubcheck");
        job.print(if valid { "Key is valid\n" } else { "Key is invalid\n" });
    }
    let text = match (job.args.has("text"), job.args.has("text_pub")) {
        (_, true) => show::public(&key.public(), 0),
        (true, _) => words(&key),
        _ => String::new(),
    };
    write(job, &key, job.args.has("traditional"), &text)?;
    if valid { Ok(()) } else { Err(Stop::Exit(1)) }
}

/// `pkcs8`
pub fn pkcs8(job: &mut Job<'_, '_>) -> Outcome {
    let topk8 = job.args.has("topk8");
    if topk8 && !job.args.has("nocrypt") {
        return job.fail("openssl pkcs8: encrypted keys are not simulated: add -nocrypt\n");
    }
    let key = Either::Private(job.private_key("key", "in")?);
    write(job, &key, job.args.has("traditional"), "")
}

fn refuse_cipher(job: &mut Job<'_, '_>) -> Outcome {
    match job.args.named.clone() {
        Some(name) => no_cipher(job, &name),
        None => Ok(()),
    }
}

fn words(key: &Either) -> String {
    match key {
        Either::Private(key) => show::private(key),
        Either::Public(key) => show::public(key, 0),
    }
}

/// Whether the parts of a key belong together.
fn is_whole(key: &PrivateKey) -> bool {
    match key {
        PrivateKey::Rsa(k) => {
            let less = |n: &Big| n.minus(&Big::from(1));
            let inverse = |prime: &Big| k.d.times(&k.e).rem(&less(prime)) == Big::from(1);
            k.p.times(&k.q) == k.n && is_prime(&k.p) && is_prime(&k.q) && inverse(&k.p) && inverse(&k.q)
        }
        PrivateKey::Ec(curve, number) => curve.is_point(&curve.public(number)) && !number.is_zero(),
        PrivateKey::Ed(seed) => seed.len() == 32,
    }
}

/// Whether stdin is read.
pub fn reads_stdin(args: &Args) -> bool {
    !args.has("in")
}
