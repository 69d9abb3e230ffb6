//! openssl, as OpenSSL 3.0 has it: keys, requests, certificates, signatures, digests, random bytes, a TLS client.
//!
//! The cryptography is real: what is made here the real program reads and verifies, and the other way round. It is no
//! cryptography to hide behind: all randomness is the machine's seed ([`crate::bytes::big`] says more).
//!
//! A command is a function in a file below ([`job`] says how it waits). Here are their list and the program that runs
//! them.

mod args;
mod cert;
mod client;
pub(super) mod config;
mod dgst;
mod errors;
mod extensions;
mod job;
mod keys;
mod misc;
mod names;
mod req;
mod show;
mod verify;
mod x509;

use self::{
    args::{Args, Spec},
    client::{Client, Step},
    job::{Facts, Job, KeySpec, Outcome, Stop},
};
use super::{
    process::{arguments, program},
    tool::{Output, helped},
    whole::Slurp,
};
use crate::{
    bytes::{curve::Curve, key::PrivateKey, random::Stream, rsa::Generation},
    errno::Errno,
    kernel::Sys,
    program::{Poll, Program, ProgramSpec, Wait},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "openssl",
    "Usage: openssl genrsa [-out FILE] [BITS]\n       openssl genpkey -algorithm RSA|EC|ED25519 [-pkeyopt NAME:VALUE] [-out FILE]\n       openssl ecparam -name CURVE -genkey [-noout] [-out FILE]\n       openssl rsa|ec|pkey [-in FILE] [-text] [-pubout] [-check] [-noout]\n       openssl req -new|-x509 [-newkey rsa:BITS -nodes -keyout FILE | -key FILE] [-subj /CN=NAME] [-addext EXT] [-out FILE]\n       openssl x509 [-in FILE] [-text] [-subject] [-issuer] [-dates] [-fingerprint] [-noout]\n       openssl x509 -req -in CSR -CA FILE -CAkey FILE [-CAcreateserial] [-days N] [-extfile FILE] [-out FILE]\n       openssl verify [-CAfile FILE] [-untrusted FILE] FILE...\n       openssl dgst [-sha256] [-sign KEY | -verify KEY -signature FILE] [FILE]...\n       openssl s_client -connect HOST:PORT [-servername NAME] [-showcerts] [-CAfile FILE]\n       openssl rand [-hex|-base64] NUM\n       openssl enc -base64 [-d] [-in FILE]\n       openssl passwd [-apr1|-1] [-salt SALT] PASSWORD\n       openssl version\n\nKeys, certificates and a TLS client. The keys are real, their randomness is simulated\n",
    || {
        Box::new(Openssl {
            stage: Stage::New,
            args: Args::default(),
            facts: Facts::default(),
            line: Vec::new(),
            out: Output::default(),
        })
    },
);

/// A command: name, options, what it does, whether it reads stdin whole.
struct Command {
    name: &'static str,
    spec: Spec,
    run: fn(&mut Job<'_, '_>) -> Outcome,
    stdin: fn(&Args) -> bool,
}

const NEVER: fn(&Args) -> bool = |_| false;
const NO_FILES: fn(&Args) -> bool = |args| args.rest.is_empty();

const COMMANDS: &[Command] = &[
    Command {
        name: "genrsa",
        spec: "out: 3 f4 F4 primes# verbose traditional passout: rand: writerand: * +",
        run: keys::genrsa,
        stdin: NEVER,
    },
    Command {
        name: "genpkey",
        spec: "algorithm: pkeyopt: out: outform: quiet text pass: *",
        run: keys::genpkey,
        stdin: NEVER,
    },
    Command {
        name: "ecparam",
        spec: "name: in< inform: out: outform: genkey noout text list_curves conv_form: param_enc: check",
        run: keys::ecparam,
        stdin: |args| !args.has("in") && !args.has("name") && !args.has("list_curves"),
    },
    Command {
        name: "rsa",
        spec: "in< inform: out: outform: pubin pubout text noout check modulus traditional passin: passout: *",
        run: keys::rsa,
        stdin: keys::reads_stdin,
    },
    Command {
        name: "ec",
        spec: "in< inform: out: outform: pubin pubout text noout check param_out passin: passout: conv_form: *",
        run: keys::ec,
        stdin: keys::reads_stdin,
    },
    Command {
        name: "pkey",
        spec: "in< inform: out: outform: pubin pubout text text_pub noout check pubcheck traditional passin: passout: *",
        run: keys::pkey,
        stdin: keys::reads_stdin,
    },
    Command {
        name: "pkcs8",
        spec: "in< inform: out: outform: topk8 nocrypt traditional passin: passout: v1: v2:",
        run: keys::pkcs8,
        stdin: keys::reads_stdin,
    },
    Command {
        name: "req",
        spec: "in< inform: out: outform: new newkey: key< keyform: keyout: nodes noenc subj: x509 days# set_serial: addext: config< extensions: reqexts: text noout subject pubkey modulus verify batch utf8 verbose quiet nameopt: pkeyopt: passin: passout: CA< CAkey< copy_extensions: multivalue-rdn section: sigopt: rand: *",
        run: req::req,
        stdin: |args| req::reads(args) && !args.has("in"),
    },
    Command {
        name: "x509",
        spec: "in< inform: out: outform: req CA< CAkey< CAform: CAkeyform: CAcreateserial CAserial: set_serial: days# extfile< extensions: signkey< key< keyform: text noout nocert subject issuer serial dates startdate enddate fingerprint pubkey modulus checkend# checkhost: checkip: ext: hash subject_hash issuer_hash email purpose ocspid alias x509toreq trustout nameopt: certopt: dateopt: copy_extensions: clrext passin: *",
        run: x509::x509,
        stdin: keys::reads_stdin,
    },
    Command {
        name: "verify",
        spec: "CAfile< CApath: untrusted< trusted< no-CAfile no-CApath show_chain verbose partial_chain purpose: x509_strict nameopt: +",
        run: verify::verify,
        stdin: NO_FILES,
    },
    Command {
        name: "dgst",
        spec: "sign< verify< prverify< signature< out: hex binary r c hmac: keyform: sigopt: passin: * +",
        run: dgst::dgst,
        stdin: NO_FILES,
    },
    Command { name: "rand", spec: "out: hex base64 rand: writerand: +", run: misc::rand, stdin: NEVER },
    Command {
        name: "enc",
        spec: "base64 a A d e in< out: k: pass: iter# pbkdf2 salt nosalt p K: iv: S: * +",
        run: misc::enc,
        stdin: |args| !args.has("in") && args.rest.is_empty(),
    },
    Command {
        name: "passwd",
        spec: "apr1 1 5 6 salt: stdin in: quiet noverify +",
        run: misc::passwd,
        stdin: NEVER,
    },
    Command { name: "version", spec: "a b d e f m o p r v", run: misc::version, stdin: NEVER },
    Command { name: "help", spec: "+", run: misc::help, stdin: NEVER },
];

#[derive(Clone)]
struct Openssl {
    stage: Stage,
    args: Args,
    facts: Facts,
    /// Input that was read and is no whole line yet.
    line: Vec<u8>,
    out: Output,
}

#[derive(Clone)]
enum Stage {
    New,
    Reading(&'static Command, Slurp),
    Roots(Slurp),
    Working(&'static Command),
    Making(&'static Command, Box<Generation>, bool),
    Asking(&'static Command),
    Talking(Box<Client>),
    Over(u8),
}

/// The command of this name: those named after digests are `dgst`, base64 is `enc`.
fn command(name: &str) -> Option<&'static Command> {
    let name = match name {
        "base64" => "enc",
        name if dgst::known(name).is_some() => "dgst",
        name => name,
    };
    COMMANDS.iter().find(|c| c.name == name)
}

impl Openssl {
    fn refuse(&mut self, text: &str) {
        self.out.push(2, text.as_bytes());
        self.stage = Stage::Over(1);
    }

    /// Reads the arguments.
    fn begin(&mut self, sys: &mut Sys<'_>) {
        if helped(sys, &mut self.out) {
            self.stage = Stage::Over(0);
            return;
        }
        let (_, words) = arguments(sys);
        let name = words.first().map_or("help", String::as_str);
        let client = name == "s_client";
        let found = command(name);
        let spec = match found {
            _ if client => client::SPEC,
            Some(found) => found.spec,
            None if misc::is_command(name) => {
                return self.refuse(&format!("openssl {name}: not simulated\n"));
            }
            None => return self.refuse(&format!("Invalid command '{name}'; type \"help\" for a list.\n")),
        };
        match Args::parse(name, spec, words.get(1..).unwrap_or_default()) {
            Ok(args) => self.args = args,
            Err((text, code)) => {
                self.out.push(2, text.as_bytes());
                self.stage = Stage::Over(code);
                return;
            }
        }
        self.facts.seed = sys.random();
        let mut inputs = self.args.inputs(spec);
        let Some(command) = found else {
            self.stage = Stage::Roots(Slurp::new(inputs));
            return;
        };
        if matches!(command.name, "verify" | "dgst" | "enc") {
            inputs.extend(self.args.rest.iter().cloned());
        }
        // The file of a curve's parameters.
        let parameters = self.args.value("newkey").and_then(|k| k.strip_prefix("ec:"));
        inputs.extend(parameters.map(str::to_string));
        if (command.stdin)(&self.args) {
            inputs.push("-".to_string());
        }
        self.stage = Stage::Reading(command, Slurp::new(inputs));
    }

    /// Lets the command begin anew with what is known by now.
    fn work(&mut self, sys: &mut Sys<'_>, command: &'static Command) {
        let mut job = Job::new(&self.args, sys, &self.facts);
        let outcome = (command.run)(&mut job);
        let (said, written) = (job.out, job.written);
        for (fd, bytes) in said.iter().skip(self.facts.said) {
            self.out.push(*fd, bytes);
        }
        self.facts.said = said.len();
        self.facts.written = written;
        // Signatures and curves are some milliseconds of work.
        sys.spend(1_000);
        self.stage = match outcome {
            Ok(()) => Stage::Over(0),
            Err(Stop::Exit(code)) => Stage::Over(code),
            Err(Stop::Line) => Stage::Asking(command),
            Err(Stop::Key(spec, shown)) => self.make(command, spec, shown),
        };
    }

    /// Makes a key: at once, or begins to.
    fn make(&mut self, command: &'static Command, spec: KeySpec, shown: bool) -> Stage {
        let mut random = Stream::new(self.facts.seed);
        let key = match spec {
            KeySpec::Rsa(bits) => {
                let generation = Generation::new(bits, self.facts.seed);
                return Stage::Making(command, Box::new(generation), shown);
            }
            KeySpec::Ed => PrivateKey::Ed(random.bytes(32)),
            KeySpec::Ec(name) => match Curve::find(name) {
                Some(curve) => PrivateKey::Ec(curve, curve.generate(&mut random)),
                None => return Stage::Over(1),
            },
        };
        self.facts.keys.push(key);
        Stage::Working(command)
    }

    /// Takes a line of what was read; whether there was one.
    fn take_line(&mut self) -> bool {
        let Some(end) = self.line.iter().position(|b| *b == b'\n') else { return false };
        let line: Vec<u8> = self.line.drain(..=end).collect();
        self.facts.lines.push(Some(String::from_utf8_lossy(&line[..end]).into_owned()));
        true
    }

    /// Goes on; what to wait for.
    fn step(&mut self, sys: &mut Sys<'_>) -> Option<Poll> {
        match &mut self.stage {
            Stage::New => self.begin(sys),
            Stage::Reading(command, slurp) => {
                if let Some(poll) = slurp.poll(sys) {
                    return Some(poll);
                }
                self.facts.inputs = slurp.take();
                self.stage = Stage::Working(command);
            }
            Stage::Roots(slurp) => {
                if let Some(poll) = slurp.poll(sys) {
                    return Some(poll);
                }
                let roots = slurp.take().into_iter().next().map(|i| i.bytes.unwrap_or_default());
                let roots = roots.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                let client = Client::new(sys, std::mem::take(&mut self.args), roots);
                self.stage = Stage::Talking(Box::new(client));
            }
            Stage::Working(command) => {
                let command = *command;
                self.work(sys, command);
            }
            Stage::Making(command, generation, shown) => {
                while sys.fuel() > 0 {
                    sys.spend(generation.cost());
                    let made = generation.step();
                    let progress = std::mem::take(&mut generation.progress);
                    if *shown {
                        self.out.push(2, progress.as_bytes());
                    }
                    if let Some(key) = made {
                        self.facts.keys.push(PrivateKey::Rsa(Box::new(key)));
                        self.stage = Stage::Working(command);
                        return None;
                    }
                }
                return match self.out.drain(sys) {
                    Some(wait) => Some(Poll::Wait(wait)),
                    None => Some(Poll::Yield),
                };
            }
            Stage::Asking(command) => {
                let command = *command;
                if self.take_line() {
                    self.stage = Stage::Working(command);
                    return None;
                }
                match sys.read(0, 4096) {
                    Err(Errno::EAGAIN) => return Some(Poll::Wait(Wait::read(0))),
                    Ok(bytes) if !bytes.is_empty() => self.line.extend(bytes),
                    _ => {
                        self.facts.lines.push(None);
                        self.stage = Stage::Working(command);
                    }
                }
            }
            Stage::Talking(client) => match client.step(sys, &mut self.out) {
                Step::Go => {}
                Step::Wait(poll) => return Some(poll),
                Step::Exit(code) => self.stage = Stage::Over(code),
            },
            Stage::Over(_) => {}
        }
        None
    }
}

impl Program for Openssl {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Stage::Over(code) = self.stage {
                return Poll::Exit(self.out.exit_code(code));
            }
            if sys.fuel() <= 0 {
                return Poll::Yield;
            }
            if let Some(poll) = self.step(sys) {
                return poll;
            }
        }
    }
    program!(Openssl);
}
