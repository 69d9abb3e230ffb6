//! `x509`: certificates shown, and made from requests.

use super::{
    cert::{Certificate, Plan, Request, date},
    config::Config,
    dgst, errors,
    extensions::{self, About, Extension, Issuer},
    job::{Job, Outcome, Stop},
    names::{Name, Style},
    show,
};
use crate::{
    bin::http_client::name_fits,
    bytes::{
        big::Big,
        der::armoured,
        digest,
        key::{PrivateKey, PublicKey},
        random::Stream,
    },
    time::SECOND,
};

/// `x509`
pub fn x509(job: &mut Job<'_, '_>) -> Outcome {
    let style = style(job)?;
    let certificate = if job.args.has("req") { issue(job, style)? } else { loaded(job)? };
    let certificate = if job.args.has("req") { certificate } else { signed_anew(job, certificate)? };
    let mut text = String::new();
    for (option, value) in &job.args.list.clone() {
        match one(job, &certificate, option, value, style) {
            Ok(line) => text.push_str(&line),
            Err(stop) => {
                job.print(text);
                return Err(stop);
            }
        }
    }
    if let Some(seconds) = job.args.number("checkend") {
        let expires = certificate.not_after < job.sys.now().plus(seconds.saturating_mul(SECOND));
        text.push_str(if expires { "Certificate will expire\n" } else { "Certificate will not expire\n" });
        job.write(job.args.value("out"), text, 0o666)?;
        return if expires { Err(Stop::Exit(1)) } else { Ok(()) };
    }
    text.push_str(&host_checks(job, &certificate));
    let mut bytes = text.into_bytes();
    if !job.args.has("noout") && !job.args.has("nocert") {
        bytes.extend(if job.args.der() { certificate.der() } else { certificate.armoured().into_bytes() });
    }
    job.write(job.args.value("out"), bytes, 0o666)
}

/// How names are shown.
pub fn style(job: &mut Job<'_, '_>) -> Result<Style, Stop> {
    match job.args.value("nameopt").map(str::to_ascii_lowercase).as_deref() {
        None | Some("oneline") => Ok(Style::Oneline),
        Some("rfc2253") => Ok(Style::Rfc2253),
        Some("multiline") => Ok(Style::Multiline),
        Some("compat") => Ok(Style::Compat),
        Some(name)
            if name.contains(',')
                || name.starts_with("sep_")
                || name.starts_with("esc_")
                || name.starts_with("utf8") =>
        {
            let command = job.args.command.clone();
            job.fail(format!(
                "openssl {command}: of -nameopt only oneline, RFC2253, multiline and compat are simulated\n"
            ))
        }
        Some(_) => {
            let command = job.args.command.clone();
            job.fail(format!("{command}: Use -help for summary.\n"))
        }
    }
}

fn loaded(job: &mut Job<'_, '_>) -> Result<Certificate, Stop> {
    let first = |bytes: &[u8]| Certificate::all(bytes).into_iter().next();
    let found = job.load("certificate", "in", first);
    if found.is_err() {
        job.eprint("Unable to load certificate\n");
    }
    found
}

/// What one option prints.
fn one(
    job: &mut Job<'_, '_>,
    c: &Certificate,
    option: &str,
    value: &str,
    style: Style,
) -> Result<String, Stop> {
    let name = |title: &str, name: &Name| format!("{title}={}\n", name.show(style));
    Ok(match option {
        "text" => c.show(style),
        "subject" => name("subject", &c.subject),
        "issuer" => name("issuer", &c.issuer),
        "serial" => format!("serial={}\n", serial_digits(&c.serial)),
        "startdate" => format!("notBefore={}\n", dated(job, c.not_before)),
        "enddate" => format!("notAfter={}\n", dated(job, c.not_after)),
        "dates" => format!("notBefore={}\nnotAfter={}\n", dated(job, c.not_before), dated(job, c.not_after)),
        "hash" | "subject_hash" => format!("{}\n", c.subject.hash()),
        "issuer_hash" => format!("{}\n", c.issuer.hash()),
        "email" => {
            let mut list = c.subject.values("1.2.840.113549.1.9.1");
            for email in extensions::emails(&c.extensions) {
                if !list.contains(&email) {
                    list.push(email);
                }
            }
            show::joined(&mut list.iter().map(|e| format!("{e}\n")), "")
        }
        "fingerprint" => {
            let hash = if job.args.named.is_some() { dgst::chosen(job)? } else { "sha1" };
            let title = job.args.named.clone().unwrap_or("SHA1".to_string());
            format!("{title} Fingerprint={}\n", show::colons(&digest::raw(hash, &c.der())))
        }
        "pubkey" => match &c.key {
            Some(key) => armoured("PUBLIC KEY", &key.info()),
            None => return job.fail("Error getting public key\n"),
        },
        "modulus" => modulus(c.key.as_ref()),
        "ext" => {
            let wanted: Vec<&str> = value.split(',').map(str::trim).collect();
            let found: Vec<Extension> = c
                .extensions
                .iter()
                .filter(|e| wanted.iter().any(|w| extensions::is(e, w)))
                .cloned()
                .collect();
            if found.is_empty() {
                job.eprint("No extensions in certificate\n");
            }
            extensions::show(&found, 0)
        }
        "purpose" | "ocspid" | "alias" | "x509toreq" => {
            return job.fail(format!("openssl x509: -{option} is not simulated\n"));
        }
        _ => String::new(),
    })
}

/// The line of `-modulus`.
pub fn modulus(key: Option<&PublicKey>) -> String {
    match key {
        Some(PublicKey::Rsa { n, .. }) => {
            format!("Modulus={}\n", digest::hex(n.bytes().into_iter()).to_ascii_uppercase())
        }
        _ => "Modulus=No modulus for this public key type\n".to_string(),
    }
}

fn serial_digits(serial: &[u8]) -> String {
    if serial.is_empty() {
        "00".to_string()
    } else {
        digest::hex(serial.iter().copied()).to_ascii_uppercase()
    }
}

fn dated(job: &Job<'_, '_>, time: crate::time::Time) -> String {
    match job.args.value("dateopt") {
        Some("iso_8601") => crate::time::strftime("%Y-%m-%d %H:%M:%SZ", time),
        _ => date(time),
    }
}

fn host_checks(job: &Job<'_, '_>, c: &Certificate) -> String {
    let mut names = extensions::hosts(&c.extensions);
    if names.is_empty() {
        names = c.subject.values("2.5.4.3");
    }
    let mut text = String::new();
    for (option, title) in [("checkhost", "Hostname"), ("checkip", "IP")] {
        if let Some(wanted) = job.args.value(option) {
            let fits = names.iter().any(|n| name_fits(n, wanted));
            text.push_str(&format!(
                "{title} {wanted} does {}match certificate\n",
                if fits { "" } else { "NOT " }
            ));
        }
    }
    text
}

/// How long it is good, from now.
fn days(job: &Job<'_, '_>) -> i64 {
    job.args.number("days").unwrap_or(30).min(3_652_059)
}

/// Certificates whose own key is given are signed once more, with new dates.
fn signed_anew(job: &mut Job<'_, '_>, old: Certificate) -> Result<Certificate, Stop> {
    let option = if job.args.has("signkey") { "signkey" } else { "key" };
    if !job.args.has(option) {
        return Ok(old);
    }
    let key = job.private_key("private key", option)?;
    let serial = match job.args.value("set_serial") {
        Some(text) => number(job, text)?,
        None => Big::from_bytes(&old.serial),
    };
    let public = key.public();
    let plan = Plan {
        serial,
        issuer: old.subject_der(),
        not_before: job.sys.now(),
        not_after: job.sys.now().plus(days(job) * 86_400 * SECOND),
        subject: &old.subject,
        key: &public,
        extensions: &old.extensions,
    };
    sign(job, &plan, &key)
}

/// Signs with the digest of the options.
pub fn sign(job: &mut Job<'_, '_>, plan: &Plan<'_>, key: &PrivateKey) -> Result<Certificate, Stop> {
    if let Some(name) = job.args.named.clone().filter(|n| dgst::known(n).is_none()) {
        let queue = errors::no_algorithm(&name)
            + &errors::line(
                "03000086:digital envelope routines:do_sigver_init:initialization error:../crypto/evp/m_sigver.c:251:",
            );
        return job.fail(queue);
    }
    let hash = dgst::chosen(job)?;
    match plan.sign(key, hash) {
        Some(certificate) => Ok(certificate),
        None => job.fail(errors::line(
            "02000070:rsa routines:RSA_sign:digest too big for rsa key:../crypto/rsa/rsa_sign.c:341:",
        )),
    }
}

/// A serial number: decimal, or hexadecimal behind 0x.
pub fn number(job: &mut Job<'_, '_>, text: &str) -> Result<Big, Stop> {
    if let Some(hex) =
        text.strip_prefix("0x").filter(|h| !h.is_empty() && h.bytes().all(|b| b.is_ascii_hexdigit()))
    {
        return Ok(Big::from_hex(hex));
    }
    if !text.is_empty() && text.len() < 40 && text.bytes().all(|b| b.is_ascii_digit()) {
        let digit = |n: Big, b: u8| n.times(&Big::from(10)).plus(&Big::from(u32::from(b - b'0')));
        return Ok(text.bytes().fold(Big::default(), digit));
    }
    let command = job.args.command.clone();
    job.fail(format!("{command}: Unable to set serial number {text}\n"))
}

/// A serial number that nobody has: 159 random bits.
pub fn random_serial(job: &Job<'_, '_>) -> Big {
    let mut bytes = Stream::new(job.facts.seed ^ 0x5DEE_CE66).bytes(20);
    bytes[0] &= 127;
    Big::from_bytes(&bytes)
}

/// A certificate for a request (`-req`).
fn issue(job: &mut Job<'_, '_>, style: Style) -> Result<Certificate, Stop> {
    let file = extension_file(job)?;
    let request = request(job, "Unable to load certificate request input\n")?;
    if !request.holds() {
        return job.fail("Certificate request self-signature did not match the contents\n");
    }
    job.eprint("Certificate request self-signature ok\n");
    job.eprint(format!("subject={}\n", request.subject.show(style)));
    let own = ["signkey", "key"].into_iter().find(|o| job.args.has(o));
    let own = match own {
        Some(option) => Some(job.private_key("private key", option)?),
        None => None,
    };
    let first = |bytes: &[u8]| Certificate::all(bytes).into_iter().next();
    let authority = match job.args.value("CA") {
        Some(_) => match job.load("CA certificate", "CA", first) {
            Ok(ca) => Some(ca),
            Err(stop) => {
                job.eprint("Unable to load CA certificate\n");
                return Err(stop);
            }
        },
        None => None,
    };
    let key = match (&own, &authority) {
        (Some(key), _) => key.clone(),
        (None, Some(_)) => {
            // The key may stand in the file of the certificate.
            let option = if job.args.has("CAkey") { "CAkey" } else { "CA" };
            job.private_key("CA private key", option)?
        }
        (None, None) => {
            return job
                .fail("We need a private key to sign with, use -key or -CAkey or -CA with private key\n");
        }
    };
    let public = own.as_ref().map(PrivateKey::public).or(request.key.clone()).ok_or(Stop::Exit(1))?;
    if let Some(ca) = &authority
        && ca.key.as_ref() != Some(&key.public())
    {
        return job.fail(mismatch(ca, &key));
    }
    let serial = serial(job)?;
    let issuer = match &authority {
        Some(ca) => ca.as_issuer(),
        None => Issuer::own(&request.subject, &serial, &public),
    };
    let mut list = Vec::new();
    if let Some((config, section)) = &file {
        let about = About { config, subject: Some(&public), issuer: Some(issuer) };
        let lines = config.section(section).unwrap_or_default();
        let added = extensions::add(&mut list, section, lines, &about);
        if let Err(queue) = added.and_then(|()| extensions::complete(&mut list, &about, &key.public())) {
            return job.fail(format!("Error adding extensions from section {section}\n{queue}"));
        }
    }
    let plan = Plan {
        serial,
        issuer: authority.as_ref().map_or(request.subject.der(), Certificate::subject_der),
        not_before: job.sys.now(),
        not_after: job.sys.now().plus(days(job) * 86_400 * SECOND),
        subject: &request.subject,
        key: &public,
        extensions: &list,
    };
    sign(job, &plan, &key)
}

fn mismatch(ca: &Certificate, key: &PrivateKey) -> String {
    let same = ca.key.as_ref().map(PublicKey::kind) == Some(key.public().kind());
    let queue = if same {
        errors::line(
            "05800074:x509 certificate routines:X509_check_private_key:key values mismatch:../crypto/x509/x509_cmp.c:405:",
        )
    } else {
        errors::line(
            "03000065:digital envelope routines:evp_keymgmt_util_match:different key types:../crypto/evp/keymgmt_lib.c:388:",
        ) + &errors::line(
            "05800073:x509 certificate routines:X509_check_private_key:key type mismatch:../crypto/x509/x509_cmp.c:408:",
        )
    };
    format!("CA certificate and CA private key do not match\n{queue}")
}

/// Reads the request of `-in`; `said` follows the complaint.
pub fn request(job: &mut Job<'_, '_>, said: &str) -> Result<Request, Stop> {
    let (name, bytes) = job.input("in");
    match bytes {
        Err(e) => job.fail(errors::no_file(name.unwrap_or("<stdin>"), e) + said),
        Ok(bytes) => match Request::from_file(bytes) {
            Some(request) => Ok(request),
            None => job.fail(format!("{said}{}", errors::no_start_line("CERTIFICATE REQUEST"))),
        },
    }
}

/// The serial number of the options, of the authority's file, or a random one.
fn serial(job: &mut Job<'_, '_>) -> Result<Big, Stop> {
    if let Some(text) = job.args.value("set_serial") {
        return number(job, text);
    }
    let Some(ca) = job.args.value("CA") else { return Ok(random_serial(job)) };
    let named = job.args.value("CAserial");
    let file = named.map_or_else(|| beside(ca), str::to_string);
    let serial = match job.sys.vfs().read_text(&file) {
        Ok(text) => Big::from_hex(text.trim()).plus(&Big::from(1)),
        Err(e) if named.is_some() && !job.args.has("CAcreateserial") => {
            let queue = errors::queue_of_open(&file, e, "r");
            return job.fail(format!("{file}: {e}\n{queue}"));
        }
        Err(_) => random_serial(job),
    };
    let text = serial_digits(&serial.bytes());
    job.write(Some(&file), text + "\n", 0o666)?;
    Ok(serial)
}

/// The file of an authority's last serial number.
fn beside(ca: &str) -> String {
    let cut = ca.rfind('.').filter(|at| !ca[*at..].contains('/')).unwrap_or(ca.len());
    format!("{}.srl", &ca[..cut])
}

/// The configuration of `-extfile` and the section that is asked for, if they make sense.
fn extension_file(job: &mut Job<'_, '_>) -> Result<Option<(Config, String)>, Stop> {
    let Some(file) = job.args.value("extfile") else { return Ok(None) };
    let config = match job.file(file) {
        Ok(bytes) => configuration(job, file, bytes)?,
        Err(e) => return job.fail(errors::no_file(file, e)),
    };
    let named = job.args.value("extensions");
    let section = named.or(config.get("default", "extensions")).unwrap_or("default").to_string();
    let about = About { config: &config, subject: None, issuer: None };
    let checked = match config.section(&section) {
        Some(lines) => extensions::add(&mut Vec::new(), &section, lines, &about),
        None => Err(String::new()),
    };
    match checked {
        Ok(()) => Ok(Some((config, section))),
        Err(queue) => job.fail(format!("Error checking extension section {section}\n{queue}")),
    }
}

/// Reads a configuration, or says what is wrong with it.
pub fn configuration(job: &mut Job<'_, '_>, file: &str, bytes: &[u8]) -> Result<Config, Stop> {
    match Config::parse(&String::from_utf8_lossy(bytes)) {
        Ok(config) => Ok(config),
        Err(line) => {
            let queue = errors::line(&format!(
                "07000067:configuration file routines:def_load_bio:missing equal sign:../crypto/conf/conf_def.c:503:HERE-->line {line}"
            ));
            job.fail(format!("Error on line {line} of config file \"{file}\"\n{queue}"))
        }
    }
}
