//! `req`: requests for certificates, and certificates that sign themselves.

use super::{
    cert::{Certificate, Plan, Request},
    config::{Config, DEFAULT},
    dgst, errors,
    extensions::{self, About, Extension, Issuer},
    job::{Job, KeySpec, Outcome, Stop},
    keys,
    names::{Attribute, Name, attribute},
    x509,
};
use crate::{
    bytes::{
        curve::Curve,
        der::{self, Node, armoured},
        key::{PrivateKey, PublicKey},
    },
    errno::Errno,
    time::SECOND,
};

/// What comes out: one of both.
enum Made {
    Request(Box<Request>),
    Certificate(Box<Certificate>),
}

/// Whether a request is read (and none made).
pub fn reads(job_args: &super::args::Args) -> bool {
    let makes = ["new", "newkey", "x509"].iter().any(|o| job_args.has(o));
    !makes || job_args.has("in")
}

/// `req`
pub fn req(job: &mut Job<'_, '_>) -> Outcome {
    dgst::chosen(job)?;
    let style = x509::style(job)?;
    let config = config(job)?;
    check_extensions(job, &config)?;
    let made = if reads(job.args) && !job.args.has("x509") {
        let request = x509::request(job, "Unable to load X509 request\n")?;
        if job.args.has("verify") {
            let holds = request.holds();
            job.eprint(if holds {
                "Certificate request self-signature verify OK\n"
            } else {
                "Certificate request self-signature verify failure\n"
            });
            if !holds {
                return Err(Stop::Exit(1));
            }
        }
        Made::Request(Box::new(request))
    } else {
        make(job, &config)?
    };
    let (key, subject, text, armoured_text, der) = match &made {
        Made::Request(r) => (&r.key, &r.subject, r.show(style), r.armoured(), r.der()),
        Made::Certificate(c) => (&c.key, &c.subject, c.show(style), c.armoured(), c.der()),
    };
    let mut out = String::new();
    if let Some(key) = key.as_ref().filter(|_| job.args.has("pubkey")) {
        out.push_str(&armoured("PUBLIC KEY", &key.info()));
    }
    if job.args.has("text") {
        out.push_str(&text);
    }
    if job.args.has("subject") {
        out.push_str(&format!("subject={}\n", subject.show(style)));
    }
    if job.args.has("modulus") {
        out.push_str(&x509::modulus(key.as_ref()));
    }
    let mut bytes = out.into_bytes();
    if !job.args.has("noout") {
        bytes.extend(if job.args.der() { der } else { armoured_text.into_bytes() });
    }
    if bytes.is_empty() {
        return Ok(());
    }
    job.write(job.args.value("out"), bytes, 0o666)
}

/// The configuration: the one named, the machine's own, or what every machine has.
fn config(job: &mut Job<'_, '_>) -> Result<Config, Stop> {
    let named = job.args.value("config");
    let file = named.unwrap_or("/etc/ssl/openssl.cnf");
    let bytes = match named {
        Some(file) => match job.file(file) {
            Ok(bytes) => bytes.to_vec(),
            Err(e) => return job.fail(errors::no_file(file, e)),
        },
        None => job.sys.vfs().read(file).unwrap_or_else(|_: Errno| DEFAULT.as_bytes().to_vec()),
    };
    x509::configuration(job, file, &bytes)
}

/// The name of the section of extensions: of the options, or of the configuration.
fn section(job: &Job<'_, '_>, config: &Config) -> Option<String> {
    let own = job.args.has("x509");
    let named = job.args.value("extensions").or(job.args.value("reqexts"));
    named.or(config.get("req", if own { "x509_extensions" } else { "req_extensions" })).map(str::to_string)
}

/// The lines of `-addext`, as a section.
fn added(job: &Job<'_, '_>) -> Vec<(String, String)> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (name.trim().to_string(), value.trim().to_string())
    };
    job.args.values("addext").map(pair).collect()
}

/// Extensions that make no sense are refused before anything is done.
fn check_extensions(job: &mut Job<'_, '_>, config: &Config) -> Outcome {
    let about = About { config, subject: None, issuer: None };
    let lines = added(job);
    if let Err(queue) = extensions::add(&mut Vec::new(), "default", &lines, &about) {
        return job.fail(format!("Error checking extensions defined using -addext\n{queue}"));
    }
    if let Some(name) = section(job, config) {
        let kind = if job.args.has("x509") { "x509" } else { "request" };
        let queue = match config.section(&name) {
            Some(lines) => extensions::add(&mut Vec::new(), &name, lines, &about).err(),
            None => Some(String::new()),
        };
        if let Some(queue) = queue {
            return job.fail(format!("Error checking {kind} extension section {name}\n{queue}"));
        }
    }
    Ok(())
}

/// The extensions of the section and of `-addext`.
fn extensions_for(
    job: &mut Job<'_, '_>,
    config: &Config,
    key: &PublicKey,
    issuer: Option<Issuer>,
    signer: Option<&PublicKey>,
) -> Result<Vec<Extension>, Stop> {
    let about = About { config, subject: Some(key), issuer };
    let mut list = Vec::new();
    let name = section(job, config).unwrap_or_default();
    let lines = config.section(&name).unwrap_or_default();
    let mut done = extensions::add(&mut list, &name, lines, &about)
        .and_then(|()| extensions::add(&mut list, "default", &added(job), &about));
    if let Some(signer) = signer {
        done = done.and_then(|()| extensions::complete(&mut list, &about, signer));
    }
    match done {
        Ok(()) => Ok(list),
        Err(queue) => job.fail(format!("Error adding extensions from section {name}\n{queue}")),
    }
}

/// A new request or certificate.
fn make(job: &mut Job<'_, '_>, config: &Config) -> Result<Made, Stop> {
    let old = match job.args.has("in") {
        true => Some(x509::request(job, "Unable to load X509 request\n")?),
        false => None,
    };
    let authority = match job.args.value("CA") {
        Some(_) => {
            let first = |bytes: &[u8]| Certificate::all(bytes).into_iter().next();
            let option = if job.args.has("CAkey") { "CAkey" } else { "CA" };
            let ca = job.load("issuer certificate from -CA argument", "CA", first)?;
            let key = job.private_key("issuer private key from -CAkey argument", option)?;
            if ca.key.as_ref() != Some(&key.public()) {
                return job.fail("Issuer CA certificate and key do not match\n");
            }
            Some((ca, key))
        }
        None => None,
    };
    let key = match (job.args.value("key"), &authority, &old) {
        (Some(_), ..) => Some(job.private_key("private key", "key")?),
        (None, Some(_), Some(_)) => None,
        _ => Some(new_key(job, config)?),
    };
    let hash = match job.args.named {
        Some(_) => dgst::chosen(job)?,
        None => config.get("req", "default_md").and_then(dgst::known).map_or("sha256", |(name, _)| name),
    };
    let subject = match (job.args.value("subj"), &old) {
        (Some(text), _) => subject(job, text)?,
        (None, Some(old)) => old.subject.clone(),
        (None, None) => asked(job, config)?,
    };
    let public = match (&key, &old) {
        (_, Some(Request { key: Some(public), .. })) => public.clone(),
        (Some(key), _) => key.public(),
        _ => return Err(Stop::Exit(1)),
    };
    if !job.args.has("x509") {
        let attributes = attributes(job, config)?;
        let list = extensions_for(job, config, &public, None, None)?;
        let Some(key) = key else { return Err(Stop::Exit(1)) };
        return match Request::new(&subject, &key, hash, &list, &attributes) {
            Some(request) => Ok(Made::Request(Box::new(request))),
            None => job.fail(too_short()),
        };
    }
    let days = job.args.number("days").unwrap_or(30).min(3_652_059);
    let serial = match job.args.value("set_serial") {
        Some(text) => x509::number(job, text)?,
        None => x509::random_serial(job),
    };
    let Some(signer) = authority.as_ref().map(|(_, key)| key).or(key.as_ref()) else {
        return Err(Stop::Exit(1));
    };
    let issuer = match &authority {
        Some((ca, _)) => ca.as_issuer(),
        None => Issuer::own(&subject, &serial, &public),
    };
    let list = extensions_for(job, config, &public, Some(issuer), Some(&signer.public()))?;
    let plan = Plan {
        serial,
        issuer: authority.as_ref().map_or(subject.der(), |(ca, _)| ca.subject_der()),
        not_before: job.sys.now(),
        not_after: job.sys.now().plus(days * 86_400 * SECOND),
        subject: &subject,
        key: &public,
        extensions: &list,
    };
    match plan.sign(signer, hash) {
        Some(certificate) => Ok(Made::Certificate(Box::new(certificate))),
        None => job.fail(too_short()),
    }
}

fn too_short() -> String {
    errors::line("02000070:rsa routines:RSA_sign:digest too big for rsa key:../crypto/rsa/rsa_sign.c:341:")
}

/// The key of `-newkey`, written to `-keyout`.
fn new_key(job: &mut Job<'_, '_>, config: &Config) -> Result<PrivateKey, Stop> {
    let default_bits = config.get("req", "default_bits").and_then(|b| b.parse().ok()).unwrap_or(2048);
    let wanted = job.args.value("newkey").unwrap_or("rsa");
    let (kind, rest) = wanted.split_once(':').unwrap_or((wanted, ""));
    let spec = match kind.to_ascii_lowercase().as_str() {
        "rsa" if rest.is_empty() => keys::spec(job, "RSA", default_bits, "rsa")?,
        "rsa" => match rest.parse::<usize>() {
            Ok(bits) => keys::rsa_spec(job, bits, "Error setting keysize")?,
            Err(_) => return no_parameters(job, rest, Errno::ENOENT),
        },
        "ec" if rest.is_empty() => keys::spec(job, "EC", default_bits, kind)?,
        "ec" => match job.file(rest) {
            Err(e) => return no_parameters(job, rest, e),
            Ok(bytes) => {
                let blocks = der::blocks(bytes);
                let name = blocks.iter().find(|(label, _)| label == "EC PARAMETERS");
                match name.and_then(|(_, der)| Curve::find(&Node::first(der)?.oid()?)) {
                    Some(curve) => KeySpec::Ec(curve.name),
                    None => return job.fail(format!("Error reading parameter file {rest}\n")),
                }
            }
        },
        "ed25519" => KeySpec::Ed,
        _ => return job.fail(format!("Error allocating keygen context\n{}", errors::no_algorithm(kind))),
    };
    let plain = ["nodes", "noenc"].iter().any(|o| job.args.has(o))
        || matches!(config.get("req", "encrypt_key").or(config.get("req", "encrypt_rsa_key")), Some("no"));
    if !plain {
        return job.fail("openssl req: encrypted keys are not simulated: add -nodes\n");
    }
    let key = job.key(spec, true)?;
    let file = job.args.value("keyout").or(config.get("req", "default_keyfile"));
    if file.is_none() {
        job.eprint("writing new private key to stdout\n");
    }
    job.write(file, armoured("PRIVATE KEY", &key.pkcs8()), 0o600)?;
    job.eprint("-----\n");
    Ok(key)
}

fn no_parameters(job: &mut Job<'_, '_>, file: &str, e: Errno) -> Result<PrivateKey, Stop> {
    job.fail(format!("Cannot open parameter file {file}\n{}", errors::queue_of_open(file, e, "r")))
}

/// The name of `-subj`.
fn subject(job: &mut Job<'_, '_>, text: &str) -> Result<Name, Stop> {
    let mut said = String::new();
    let name = Name::parse("req", text, job.args.has("utf8"), &mut said);
    job.eprint(said);
    match name {
        Ok(name) => Ok(name),
        Err(why) => job.fail(why),
    }
}

/// One thing that is asked for.
struct Question {
    /// The identifier.
    id: &'static str,
    prompt: String,
    default: String,
    least: usize,
    most: usize,
}

/// What a section asks for: its lines but those that say more about others.
fn questions(config: &Config, section: &str) -> Vec<Question> {
    let mut list = Vec::new();
    for (name, prompt) in config.section(section).unwrap_or_default() {
        let about = ["_default", "_min", "_max", "_value"].iter().any(|end| name.ends_with(end));
        let kind = name.rsplit(['.', ':', ',']).next().unwrap_or(name).trim_start_matches('+');
        let Some(id) = attribute(kind).filter(|_| !about) else { continue };
        let more = |end: &str| config.get(section, &format!("{name}{end}"));
        let number = |end: &str| more(end).and_then(|n| n.parse::<usize>().ok());
        list.push(Question {
            id,
            prompt: prompt.clone(),
            default: more("_default").unwrap_or_default().to_string(),
            least: number("_min").unwrap_or(0),
            most: number("_max").unwrap_or(usize::MAX),
        });
    }
    list
}

/// The name, asked for or (with `prompt = no`) taken from the configuration as it stands.
fn asked(job: &mut Job<'_, '_>, config: &Config) -> Result<Name, Stop> {
    let Some(section) = config.get("req", "distinguished_name").map(str::to_string) else {
        return job.fail("unable to find 'distinguished_name' in config\nError making certificate request\n");
    };
    let list = questions(config, &section);
    let quiet = config.get("req", "prompt") == Some("no");
    let mut name = Name::default();
    if !quiet && !job.args.has("batch") {
        job.eprint("You are about to be asked to enter information that will be incorporated\ninto your certificate request.\nWhat you are about to enter is what is called a Distinguished Name or a DN.\nThere are quite a few fields but you can leave some blank\nFor some fields there will be a default value,\nIf you enter '.', the field will be left blank.\n-----\n");
    }
    for question in &list {
        let value = if quiet { question.prompt.clone() } else { answer(job, question)? };
        if value.is_empty() {
            continue;
        }
        match Attribute::new(question.id, &value, job.args.has("utf8")) {
            Ok(attribute) => name.push(attribute),
            Err(most) => {
                let queue = errors::line(&format!(
                    "06800097:asn1 encoding routines:ASN1_mbstring_ncopy:string too long:../crypto/asn1/a_mbstr.c:106:maxsize={most}"
                ));
                return job.fail(format!("{queue}Error making certificate request\n"));
            }
        }
    }
    if name.0.is_empty() {
        return job.fail("Error: No objects specified in config file\nError making certificate request\n");
    }
    Ok(name)
}

/// Asks until the answer is as long as it must be.
fn answer(job: &mut Job<'_, '_>, question: &Question) -> Result<String, Stop> {
    if job.args.has("batch") {
        return Ok(question.default.clone());
    }
    loop {
        job.eprint(format!("{} [{}]:", question.prompt, question.default));
        let Some(line) = job.line()? else {
            return job.fail("Error making certificate request\n");
        };
        let value = match line.as_str() {
            "" => question.default.clone(),
            "." => String::new(),
            other => other.to_string(),
        };
        let Question { least, most, .. } = *question;
        if !value.is_empty() && value.len() < least {
            job.eprint(format!("String too short, must be at least {least} bytes long\n"));
        } else if value.len() > most {
            job.eprint(format!("String too long, must be at most {most} bytes long\n"));
        } else {
            return Ok(value);
        }
    }
}

/// Attributes of a request, asked for where the name was.
fn attributes(job: &mut Job<'_, '_>, config: &Config) -> Result<Vec<(String, String)>, Stop> {
    let section = config.get("req", "attributes").map(str::to_string);
    let Some(section) = section.filter(|_| !job.args.has("subj")) else { return Ok(Vec::new()) };
    let quiet = config.get("req", "prompt") == Some("no");
    if !quiet && !job.args.has("batch") {
        job.eprint(
            "\nPlease enter the following 'extra' attributes\nto be sent with your certificate request\n",
        );
    }
    let mut list = Vec::new();
    for question in questions(config, &section) {
        let value = if quiet { question.prompt.clone() } else { answer(job, &question)? };
        if !value.is_empty() {
            list.push((question.id.to_string(), value));
        }
    }
    Ok(list)
}
