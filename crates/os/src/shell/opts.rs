//! The options that change what the shell does.

use crate::{kernel::ShellKind, shell::Shell};

/// The options of `set` and `shopt`.
#[derive(Clone, Debug, Default)]
pub(super) struct Opts {
    pub errexit: bool,
    pub nounset: bool,
    pub xtrace: bool,
    pub verbose: bool,
    pub noglob: bool,
    pub noexec: bool,
    pub noclobber: bool,
    pub allexport: bool,
    pub pipefail: bool,
    pub monitor: bool,
    pub command_string: bool,
    pub stdin: bool,
    pub nullglob: bool,
    pub dotglob: bool,
    pub extglob: bool,
    pub nocasematch: bool,
    pub nocaseglob: bool,
    pub globstar: bool,
    pub failglob: bool,
    pub expand_aliases: bool,
    pub xpg_echo: bool,
}

impl Opts {
    /// `$-`
    pub fn letters(&self, shell: &Shell) -> String {
        let bash = shell.kind == ShellKind::Bash;
        if !bash {
            let all = [
                (self.nounset, 'u'),
                (self.allexport, 'a'),
                (self.noclobber, 'C'),
                (self.verbose, 'v'),
                (self.xtrace, 'x'),
                (self.stdin, 's'),
                (self.noexec, 'n'),
                (self.monitor, 'm'),
                (shell.interactive, 'i'),
                (self.noglob, 'f'),
                (self.errexit, 'e'),
            ];
            return all.iter().filter(|(on, _)| *on).map(|(_, c)| *c).collect();
        }
        let on = |name: &str| shell.shopts.contains(name);
        let off = |mark: &str| shell.shopts.contains(mark);
        let all = [
            (self.allexport, 'a'),
            (on("notify"), 'b'),
            (self.errexit, 'e'),
            (self.noglob, 'f'),
            (!off("no hashall"), 'h'),
            (shell.interactive, 'i'),
            (on("keyword"), 'k'),
            (self.monitor, 'm'),
            (self.noexec, 'n'),
            (on("privileged"), 'p'),
            (on("onecmd"), 't'),
            (self.nounset, 'u'),
            (self.verbose, 'v'),
            (self.xtrace, 'x'),
            (!off("no braceexpand"), 'B'),
            (self.noclobber, 'C'),
            (on("errtrace"), 'E'),
            (on("histexpand") || (shell.interactive && !off("no histexpand")), 'H'),
            (on("physical"), 'P'),
            (on("functrace"), 'T'),
            (self.command_string, 'c'),
            (self.stdin, 's'),
        ];
        all.iter().filter(|(on, _)| *on).map(|(_, c)| *c).collect()
    }
}
