//! `s_client`: a look at the certificate of a TLS server, and a conversation with it.
//!
//! A simulated server has no certificate in bytes, only what clients look at ([`crate::host::Certificate`]). The bytes
//! are made here, with keys that come from the names of server and authority, so they are always the same.

use super::{
    args::Args,
    cert::{Certificate, Plan, date},
    config::Config,
    errors,
    extensions::{self, About, Issuer},
    names::{Attribute, Name, Style, attribute},
    show,
    verify::{Flaw, ROOTS},
};
use crate::{
    bin::{http_client::name_fits, tool::Output},
    bytes::{
        big::Big,
        digest,
        key::{PrivateKey, PublicKey},
    },
    errno::Errno,
    host::{self, ClientTls},
    kernel::Sys,
    net::resolve::{Outcome, Resolver, first_address},
    program::{Fd, Poll, Wait},
};

pub const SPEC: &str = "connect: servername: noservername CAfile< CApath: showcerts brief quiet ign_eof no_ign_eof host: port: 4 6 verify_hostname: verify: verify_return_error alpn: tls1_2 tls1_3 no_tls1_3 state msg debug prexit starttls: status cert: key: crlf nocommands nameopt: +";

/// The client under way.
#[derive(Clone, Debug)]
pub struct Client {
    args: Args,
    name: String,
    port: u16,
    roots: String,
    resolver: Resolver,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Resolving,
    Connecting(Fd),
    Talking { sock: Fd, input: bool },
    Over(u8),
}

/// What the client comes to.
pub enum Step {
    /// Something was said, or is to be done next.
    Go,
    Wait(Poll),
    Exit(u8),
}

impl Client {
    pub fn new(sys: &mut Sys<'_>, args: Args, roots: Option<String>) -> Client {
        let operand = args.rest.first().map(String::as_str);
        let place = args.value("connect").or(operand).unwrap_or("localhost:4433").to_string();
        let (host, port) =
            place.rsplit_once(':').map_or((place.as_str(), None), |(h, p)| (h, p.parse().ok()));
        let host = host.trim_matches(['[', ']']).to_string();
        let name = args.value("servername").map_or(host.clone(), str::to_string);
        let roots = roots.unwrap_or_else(|| sys.vfs().read_text(ROOTS).unwrap_or_default());
        let resolver = Resolver::address(sys, &host);
        Client { args, name, port: port.unwrap_or(4433), roots, resolver, stage: Stage::Resolving }
    }

    /// Goes on.
    pub fn step(&mut self, sys: &mut Sys<'_>, out: &mut Output) -> Step {
        match self.stage {
            Stage::Resolving => self.resolve(sys, out),
            Stage::Connecting(sock) => self.connect(sys, out, sock),
            Stage::Talking { sock, input } => self.talk(sys, out, sock, input),
            Stage::Over(code) => Step::Exit(code),
        }
    }

    fn fail(&mut self, out: &mut Output, lines: &[&str], errno: u32) -> Step {
        for line in lines {
            out.push(2, errors::line(line).as_bytes());
        }
        out.push(2, format!("connect:errno={errno}\n").as_bytes());
        self.stage = Stage::Over(1);
        Step::Go
    }

    fn resolve(&mut self, sys: &mut Sys<'_>, out: &mut Output) -> Step {
        let outcome = match self.resolver.poll(sys) {
            Ok(outcome) => outcome,
            Err(poll) => return Step::Wait(poll),
        };
        let addr = match &outcome {
            Outcome::Found(_, records) => first_address(records),
            _ => None,
        };
        let tls = ClientTls { server_name: self.name.clone() };
        match addr.map(|a| sys.connect(a, self.port, Some(tls))) {
            Some(Ok(sock)) => {
                self.stage = Stage::Connecting(sock);
                Step::Go
            }
            _ => self.fail(out, &["10080002:BIO routines:BIO_lookup_ex:system lib:../crypto/bio/bio_addr.c:758:Name or service not known"], 22),
        }
    }

    fn connect(&mut self, sys: &mut Sys<'_>, out: &mut Output, sock: Fd) -> Step {
        match sys.connected(sock) {
            Err(Errno::EAGAIN) => Step::Wait(Poll::Wait(Wait::write(sock))),
            Err(Errno::EIO) => {
                out.push(1, b"CONNECTED(00000003)\n");
                out.push(2, errors::line("0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/record/ssl3_record.c:354:").as_bytes());
                let text = "---\nno peer certificate available\n---\nNo client certificate CA names sent\n---\nSSL handshake has read 5 bytes and written 293 bytes\nVerification: OK\n---\nNew, (NONE), Cipher is (NONE)\nSecure Renegotiation IS NOT supported\nCompression: NONE\nExpansion: NONE\nNo ALPN negotiated\nEarly data was not sent\nVerify return code: 0 (ok)\n---\n";
                out.push(1, text.as_bytes());
                self.stage = Stage::Over(1);
                Step::Go
            }
            Err(e) => {
                let (number, code) = if e == Errno::ECONNREFUSED { (111, "6F") } else { (110, "6E") };
                let first = format!(
                    "800000{code}:system library:BIO_connect:{e}:../crypto/bio/bio_sock2.c:125:calling connect()"
                );
                let _closed = sys.close(sock);
                self.fail(
                    out,
                    &[
                        &first,
                        "10000067:BIO routines:BIO_connect:connect error:../crypto/bio/bio_sock2.c:127:",
                    ],
                    number,
                )
            }
            Ok(()) => {
                let certificate = sys.certificate(sock).unwrap_or_default();
                sys.spend(2_000);
                self.session(sys, out, &certificate);
                self.stage = Stage::Talking { sock, input: true };
                Step::Go
            }
        }
    }

    /// Carries bytes to and fro until stdin or the server ends.
    fn talk(&mut self, sys: &mut Sys<'_>, out: &mut Output, sock: Fd, input: bool) -> Step {
        let patient = self.args.has("quiet") || self.args.has("ign_eof");
        match sys.read(sock, 65_536) {
            Ok(bytes) if bytes.is_empty() => {
                if !self.args.has("quiet") {
                    out.push(1, b"closed\n");
                }
                self.stage = Stage::Over(0);
                return Step::Go;
            }
            Ok(bytes) => {
                out.push(1, &bytes);
                return Step::Go;
            }
            Err(Errno::EAGAIN) => {}
            Err(_) => {
                out.push(2, b"read:errno=104\n");
                self.stage = Stage::Over(1);
                return Step::Go;
            }
        }
        if input {
            match sys.read(0, 16_384) {
                Err(Errno::EAGAIN) => {}
                Ok(bytes) if !bytes.is_empty() && (patient || bytes[0] != b'Q') => {
                    let bytes = if self.args.has("crlf") { with_returns(&bytes) } else { bytes };
                    // What does not fit is lost, as a conversation by hand never fills a connection.
                    let _sent = sys.write(sock, &bytes);
                    return Step::Go;
                }
                Ok(bytes) if bytes.is_empty() && patient => {
                    self.stage = Stage::Talking { sock, input: false };
                    return Step::Go;
                }
                _ => {
                    out.push(2, b"DONE\n");
                    let _closed = sys.close(sock);
                    self.stage = Stage::Over(0);
                    return Step::Go;
                }
            }
        }
        let mut wait = Wait::read(sock);
        if input {
            wait.read.push(0);
        }
        Step::Wait(Poll::Wait(wait))
    }

    /// What is told of the session.
    fn session(&self, sys: &Sys<'_>, out: &mut Output, seen: &host::Certificate) {
        let leaf = leaf(seen);
        let root = Certificate::all(seen.ca_pem.as_bytes()).into_iter().next();
        let own = seen.issuer == seen.subject;
        let trusted = !seen.ca_pem.trim().is_empty() && self.roots.contains(seen.ca_pem.trim());
        let mut numbers = match (trusted, own) {
            (true, _) => Vec::new(),
            (false, true) => vec![18],
            (false, false) => vec![20, 21],
        };
        if sys.now() > seen.not_after {
            numbers.push(10);
        }
        let wanted = self.args.value("verify_hostname");
        if wanted.is_some_and(|w| !seen.names.iter().any(|n| name_fits(n, w))) {
            numbers.push(62);
        }
        let Some(leaf) = leaf else { return };
        let (subject, issuer) = (leaf.subject.show(Style::Oneline), leaf.issuer.show(Style::Oneline));
        let brief = self.args.has("brief");
        let mut said = String::new();
        if trusted && !own && !brief {
            let name = root.map_or(issuer.clone(), |r| r.subject.show(Style::Oneline));
            said.push_str(&format!("depth=1 {name}\nverify return:1\n"));
        }
        for number in &numbers {
            let text = Flaw { number: *number, depth: 0 }.text();
            said.push_str(&format!("depth=0 {subject}\nverify error:num={number}:{text}\n"));
            if !brief {
                said.push_str("verify return:1\n");
            }
        }
        let end = if brief { String::new() } else { format!("depth=0 {subject}\nverify return:1\n") };
        out.push(2, (said + &end).as_bytes());
        let number = numbers.last().copied().unwrap_or(0);
        let verdict = if number == 0 { "ok" } else { Flaw { number, depth: 0 }.text() };
        let verification = if number == 0 {
            "Verification: OK".to_string()
        } else {
            format!("Verification error: {verdict}")
        };
        if brief {
            let text = format!(
                "CONNECTION ESTABLISHED\nProtocol version: TLSv1.3\nCiphersuite: TLS_AES_256_GCM_SHA384\nPeer certificate: {subject}\nHash used: SHA256\nSignature type: ECDSA\n{verification}\nServer Temp Key: X25519, 253 bits\n"
            );
            return out.push(2, text.as_bytes());
        }
        if self.args.has("quiet") {
            return;
        }
        let (in_chain, alone) = if self.args.has("showcerts") {
            (leaf.armoured(), String::new())
        } else {
            (String::new(), leaf.armoured())
        };
        let size = leaf.der().len() + 370;
        let text = format!(
            "CONNECTED(00000003)\n---\nCertificate chain\n 0 s:{subject}\n   i:{issuer}\n   a:PKEY: id-ecPublicKey, 256 (bit); sigalg: {}\n   v:NotBefore: {}; NotAfter: {}\n{in_chain}---\nServer certificate\n{alone}subject={subject}\nissuer={issuer}\n---\nNo client certificate CA names sent\nPeer signing digest: SHA256\nPeer signature type: ECDSA\nServer Temp Key: X25519, 253 bits\n---\nSSL handshake has read {size} bytes and written 377 bytes\n{verification}\n---\nNew, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384\nServer public key is 256 bit\nSecure Renegotiation IS NOT supported\nCompression: NONE\nExpansion: NONE\nNo ALPN negotiated\nEarly data was not sent\nVerify return code: {number} ({verdict})\n---\n",
            leaf.signed.algorithm_name(),
            date(leaf.not_before),
            date(leaf.not_after),
        );
        out.push(1, text.as_bytes());
    }
}

fn with_returns(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|b| if *b == b'\n' { vec![b'\r', b'\n'] } else { vec![*b] }).collect()
}

/// `CN=kube-apiserver,O=x` as a name.
fn name_of(text: &str) -> Name {
    let mut name = Name::default();
    for part in text.split(',') {
        let (kind, value) = part.trim().split_once('=').unwrap_or(("CN", part));
        if let Ok(a) = Attribute::new(attribute(kind.trim()).unwrap_or("2.5.4.3"), value.trim(), true) {
            name.push(a);
        }
    }
    name
}

/// The certificate of a simulated server.
fn leaf(seen: &host::Certificate) -> Option<Certificate> {
    let root = Certificate::all(seen.ca_pem.as_bytes()).into_iter().next();
    let signer = PrivateKey::of_name(&seen.issuer);
    let key: PublicKey = if seen.subject == seen.issuer {
        signer.public()
    } else {
        PrivateKey::of_name(&format!("{} by {}", seen.subject, seen.issuer)).public()
    };
    let mut names = seen.names.iter().map(|n| {
        let kind = if n.parse::<std::net::IpAddr>().is_ok() { "IP" } else { "DNS" };
        format!("{kind}:{n}")
    });
    let mut lines = vec![
        ("keyUsage", "critical,digitalSignature,keyEncipherment".to_string()),
        ("extendedKeyUsage", "serverAuth".to_string()),
        ("basicConstraints", "critical,CA:FALSE".to_string()),
        ("authorityKeyIdentifier", "keyid".to_string()),
    ];
    if !seen.names.is_empty() {
        lines.push(("subjectAltName", show::joined(&mut names, ",")));
    }
    let lines: Vec<(String, String)> = lines.into_iter().map(|(n, v)| (n.to_string(), v)).collect();
    let issuer = root.as_ref().map_or_else(
        || Issuer { key_id: Some(extensions::key_id(&signer.public())), ..Issuer::default() },
        Certificate::as_issuer,
    );
    let about = About { config: &Config::default(), subject: Some(&key), issuer: Some(issuer) };
    let mut list = Vec::new();
    extensions::add(&mut list, "default", &lines, &about).ok()?;
    let serial = digest::sha256(format!("{}{}", seen.subject, seen.issuer).as_bytes());
    let issuer_name = name_of(&seen.issuer).der();
    let plan = Plan {
        serial: Big::from_bytes(&serial[..8]).halved(1),
        issuer: root.map_or(issuer_name, |r| r.subject_der()),
        not_before: seen.not_before,
        not_after: seen.not_after,
        subject: &name_of(&seen.subject),
        key: &key,
        extensions: &list,
    };
    plan.sign(&signer, "sha256")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bin::openssl::verify::chain,
        time::{SECOND, Time},
    };

    #[test]
    fn a_simulated_server_is_signed_by_its_authority() {
        // The authority's own certificate, made as `openssl req -x509` makes one with the key of its name.
        let key = PrivateKey::of_name("CN=ca");
        let (name, public) = (name_of("CN=ca"), key.public());
        let issuer = Issuer::own(&name, &Big::from(1), &public);
        let about = About { config: &Config::default(), subject: Some(&public), issuer: Some(issuer) };
        let mut list = Vec::new();
        let line = ("basicConstraints".to_string(), "critical,CA:TRUE".to_string());
        extensions::add(&mut list, "x", &[line], &about).unwrap();
        extensions::complete(&mut list, &about, &public).unwrap();
        let (from, to) = (Time::from_secs(1_000_000_000), Time::from_secs(3_000_000_000));
        let plan = Plan {
            serial: Big::from(1),
            issuer: name.der(),
            not_before: from,
            not_after: to,
            subject: &name,
            key: &public,
            extensions: &list,
        };
        let root = plan.sign(&key, "sha256").unwrap();
        let seen = host::Certificate {
            subject: "CN=web".to_string(),
            issuer: "CN=ca".to_string(),
            names: vec!["web".to_string(), "10.0.0.1".to_string()],
            ca_pem: root.armoured(),
            not_before: from,
            not_after: to,
        };
        let leaf = leaf(&seen).unwrap();
        let trusted = [root];
        let (_, flaws) = chain(&leaf, &[], &trusted, from.plus(SECOND));
        assert_eq!(flaws, []);
        assert_eq!(extensions::hosts(&leaf.extensions), ["web", "10.0.0.1"]);
        let (_, flaws) = chain(&leaf, &[], &trusted, to.plus(SECOND));
        assert_eq!(flaws.iter().map(|f| f.number).collect::<Vec<_>>(), [10, 10]);
    }
}
