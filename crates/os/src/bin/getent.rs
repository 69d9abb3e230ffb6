//! getent: the databases of users, groups and hosts.

use super::{process::arguments, tool::Output};
use crate::{
    kernel::Sys,
    net::resolve::{Outcome, Resolver, first_address},
    program::{Poll, Program, ProgramSpec},
};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "getent",
    "Usage: getent DATABASE [KEY]\n\nGet entries from the administrative database\n",
    || Box::new(Getent::default()),
);

/// getent hosts, passwd, group.
#[derive(Clone, Debug, Default)]
pub struct Getent {
    resolver: Option<(String, Box<Resolver>)>,
    out: Output,
    code: Option<u8>,
}

impl Program for Getent {
    fn poll(&mut self, sys: &mut Sys<'_>) -> Poll {
        loop {
            if let Some(wait) = self.out.drain(sys) {
                return Poll::Wait(wait);
            }
            if let Some(code) = self.code {
                return Poll::Exit(code);
            }
            if let Some((name, resolver)) = &mut self.resolver {
                match resolver.poll(sys) {
                    Err(poll) => return poll,
                    Ok(Outcome::Found(full, records)) => {
                        let shown = if full.starts_with(name.as_str()) { full } else { name.clone() };
                        for addr in records.iter().filter_map(|r| first_address(std::slice::from_ref(r))) {
                            self.out.push(1, format!("{:<15} {}\n", addr.to_string(), shown).as_bytes());
                        }
                        self.code = Some(0);
                    }
                    Ok(_) => self.code = Some(2),
                }
                continue;
            }
            let (_, args) = arguments(sys);
            match (args.first().map(String::as_str), args.get(1)) {
                (Some("hosts" | "ahosts" | "ahostsv4"), Some(name)) => {
                    let resolver = Resolver::address(sys, name);
                    self.resolver = Some((name.clone(), Box::new(resolver)));
                }
                (Some(db @ ("passwd" | "group" | "hosts")), key) => {
                    let text = sys.vfs().read_text(&format!("/etc/{db}")).unwrap_or_default();
                    let mut code = if key.is_some() { 2 } else { 0 };
                    for line in text.lines() {
                        let mut fields = line.split(':');
                        let hit = key.is_none_or(|k| fields.next() == Some(k) || fields.nth(1) == Some(k));
                        if hit {
                            self.out.push(1, format!("{line}\n").as_bytes());
                            code = 0;
                        }
                    }
                    self.code = Some(code);
                }
                (Some("services" | "protocols" | "networks" | "shadow"), key) => {
                    self.code = Some(if key.is_some() { 2 } else { 0 });
                }
                (name, _) => {
                    let text = match name {
                        Some(name) => format!("Unknown database: {name}\n"),
                        None => "getent: wrong number of arguments\n".to_string(),
                    };
                    let hint = "Try `getent --help' or `getent --usage' for more information.\n";
                    self.out.push(2, format!("{text}{hint}").as_bytes());
                    self.code = Some(1);
                }
            }
        }
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
