//! `verify`: chains of certificates up to one that is trusted.

use super::{
    cert::Certificate,
    errors,
    job::{Job, Outcome, Stop},
    names::Style,
};
use crate::{errno::Errno, time::Time};

/// Where machines keep the authorities they trust.
pub const ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What is wrong with a chain: OpenSSL's number, and how deep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flaw {
    pub number: u32,
    pub depth: usize,
}

impl Flaw {
    pub fn text(&self) -> &'static str {
        match self.number {
            7 => "certificate signature failure",
            9 => "certificate is not yet valid",
            10 => "certificate has expired",
            18 => "self-signed certificate",
            19 => "self-signed certificate in certificate chain",
            20 => "unable to get local issuer certificate",
            21 => "unable to verify the first certificate",
            62 => "hostname mismatch",
            _ => "invalid CA certificate",
        }
    }
}

/// Builds the chain from a certificate upwards. All flaws are told, in the order OpenSSL finds them; they do not end the
/// search.
pub fn chain<'a>(
    first: &'a Certificate,
    others: &'a [Certificate],
    trusted: &'a [Certificate],
    now: Time,
) -> (Vec<&'a Certificate>, Vec<Flaw>) {
    let mut chain = vec![first];
    let mut flaws = Vec::new();
    let mut anchored = trusted.contains(first) && first.is_own();
    while !anchored && chain.len() < 100 {
        let last = chain[chain.len() - 1];
        if let Some(root) = trusted.iter().find(|c| c.issued(last) && *c != last) {
            chain.push(root);
            anchored = root.is_own();
            continue;
        }
        let next = others.iter().find(|c| c.issued(last) && !chain.contains(c));
        match next.filter(|_| !last.is_own()) {
            Some(next) => chain.push(next),
            None => break,
        }
    }
    let top = chain.len() - 1;
    if !anchored {
        let number = match (chain[top].is_own(), top) {
            (true, 0) => 18,
            (true, _) => 19,
            (false, _) => 20,
        };
        flaws.push(Flaw { number, depth: top });
    }
    for (depth, c) in chain.iter().enumerate().skip(1) {
        if !c.is_authority() {
            flaws.push(Flaw { number: 79, depth });
        }
    }
    for (depth, c) in chain.iter().enumerate().rev() {
        let signer = chain.get(depth + 1);
        if signer.is_some_and(|s| !s.has_signed(c)) {
            flaws.push(Flaw { number: 7, depth });
        }
        if now < c.not_before {
            flaws.push(Flaw { number: 9, depth });
        } else if now > c.not_after {
            flaws.push(Flaw { number: 10, depth });
        }
    }
    (chain, flaws)
}

/// `verify`
pub fn verify(job: &mut Job<'_, '_>) -> Outcome {
    let mut trusted = Vec::new();
    let files: Vec<String> =
        job.args.values("CAfile").chain(job.args.values("trusted")).map(str::to_string).collect();
    for file in &files {
        match job.file(file) {
            Ok(bytes) => trusted.extend(Certificate::all(bytes)),
            Err(e) => {
                let queue = errors::queue_of_open(file, e, "r")
                    + &errors::line(
                        "05880002:x509 certificate routines:X509_load_cert_crl_file_ex:system lib:../crypto/x509/by_file.c:229:",
                    );
                return job.fail(format!("Error loading file {file}\n{queue}"));
            }
        }
    }
    if files.is_empty() && !job.args.has("no-CAfile") {
        trusted.extend(Certificate::all(&job.sys.vfs().read(ROOTS).unwrap_or_default()));
    }
    let mut others = Vec::new();
    for file in job.args.values("untrusted") {
        match job.file(file) {
            Ok(bytes) => others.extend(Certificate::all(bytes)),
            Err(e) => return job.fail(errors::cannot_open("untrusted certificates", file, e)),
        }
    }
    let mut files: Vec<Option<String>> = job.args.rest.iter().map(|f| Some(f.clone())).collect();
    if files.is_empty() {
        files.push(None);
    }
    let mut failed = false;
    for file in files {
        failed |= !one(job, file.as_deref(), &others, &trusted);
    }
    if failed { Err(Stop::Exit(2)) } else { Ok(()) }
}

fn one(job: &mut Job<'_, '_>, file: Option<&str>, others: &[Certificate], trusted: &[Certificate]) -> bool {
    let bytes: Result<&[u8], Errno> = job.file(file.unwrap_or("-"));
    let what = "certificate file";
    let read = |bytes: &[u8]| Certificate::all(bytes).into_iter().next();
    let Ok(certificate) = job.parse(what, file, bytes, read) else {
        job.eprint(format!("Unable to load {what}\n"));
        return false;
    };
    let name = file.unwrap_or("stdin");
    let (chain, flaws) = chain(&certificate, others, trusted, job.sys.now());
    for flaw in &flaws {
        let subject = chain[flaw.depth].subject.show(Style::Oneline);
        let Flaw { number, depth } = flaw;
        job.eprint(format!("{subject}\nerror {number} at {depth} depth lookup: {}\n", flaw.text()));
    }
    if !flaws.is_empty() {
        job.eprint(format!("error {name}: verification failed\n"));
        return false;
    }
    job.print(format!("{name}: OK\n"));
    if job.args.has("show_chain") {
        job.print("Chain:\n");
        for (depth, c) in chain.iter().enumerate() {
            let note = if trusted.contains(c) { "" } else { " (untrusted)" };
            job.print(format!("depth={depth}: {}{note}\n", c.subject.show(Style::Oneline)));
        }
    }
    true
}
