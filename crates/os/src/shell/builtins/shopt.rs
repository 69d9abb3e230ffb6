//! `shopt`: bash's own options.

use std::rc::Rc;

use crate::{
    kernel::Sys,
    shell::{Shell, builtins::Done, code::Simple},
};

/// Every option of bash 5.2, and whether it is on in a script.
const OPTIONS: [(&str, bool); 57] = [
    ("autocd", false),
    ("assoc_expand_once", false),
    ("cdable_vars", false),
    ("cdspell", false),
    ("checkhash", false),
    ("checkjobs", false),
    ("checkwinsize", true),
    ("cmdhist", true),
    ("compat31", false),
    ("compat32", false),
    ("compat40", false),
    ("compat41", false),
    ("compat42", false),
    ("compat43", false),
    ("compat44", false),
    ("complete_fullquote", true),
    ("direxpand", false),
    ("dirspell", false),
    ("dotglob", false),
    ("execfail", false),
    ("expand_aliases", false),
    ("extdebug", false),
    ("extglob", false),
    ("extquote", true),
    ("failglob", false),
    ("force_fignore", true),
    ("globasciiranges", true),
    ("globskipdots", true),
    ("globstar", false),
    ("gnu_errfmt", false),
    ("histappend", false),
    ("histreedit", false),
    ("histverify", false),
    ("hostcomplete", true),
    ("huponexit", false),
    ("inherit_errexit", false),
    ("interactive_comments", true),
    ("lastpipe", false),
    ("lithist", false),
    ("localvar_inherit", false),
    ("localvar_unset", false),
    ("login_shell", false),
    ("mailwarn", false),
    ("no_empty_cmd_completion", false),
    ("nocaseglob", false),
    ("nocasematch", false),
    ("noexpand_translation", false),
    ("nullglob", false),
    ("patsub_replacement", true),
    ("progcomp", true),
    ("progcomp_alias", false),
    ("promptvars", true),
    ("restricted_shell", false),
    ("shift_verbose", false),
    ("sourcepath", true),
    ("varredir_close", false),
    ("xpg_echo", false),
];

/// The names of the options.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|(n, _)| *n)
}

impl Shell {
    /// The options of `shopt` that change what the shell does.
    fn shopt_field(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "dotglob" => &mut self.opts.dotglob,
            "expand_aliases" => &mut self.opts.expand_aliases,
            "extglob" => &mut self.opts.extglob,
            "failglob" => &mut self.opts.failglob,
            "globstar" => &mut self.opts.globstar,
            "nocaseglob" => &mut self.opts.nocaseglob,
            "nocasematch" => &mut self.opts.nocasematch,
            "nullglob" => &mut self.opts.nullglob,
            "xpg_echo" => &mut self.opts.xpg_echo,
            _ => return None,
        })
    }

    /// The options of `shopt` that are on: `$BASHOPTS`.
    pub(in crate::shell) fn shopt_names(&mut self) -> String {
        let on: Vec<&str> =
            OPTIONS.iter().filter(|(n, default)| self.shopt_is_on(n, *default)).map(|(n, _)| *n).collect();
        on.join(":")
    }

    /// Whether an option of `shopt` is on that only some places ask for.
    pub(in crate::shell) fn shopt_on(&mut self, name: &str) -> bool {
        OPTIONS.iter().find(|(n, _)| *n == name).is_some_and(|(n, default)| self.shopt_is_on(n, *default))
    }

    fn shopt_is_on(&mut self, name: &'static str, default: bool) -> bool {
        match name {
            "login_shell" => self.login,
            _ => match self.shopt_field(name) {
                Some(field) => *field,
                None => self.shopts.contains(name) != default,
            },
        }
    }

    /// Sets an option; false when there is none of that name.
    pub(in crate::shell) fn set_shopt(&mut self, name: &str, on: bool) -> bool {
        let Some((name, default)) = OPTIONS.iter().find(|(n, _)| *n == name) else { return false };
        match self.shopt_field(name) {
            Some(field) => *field = on,
            None if on == *default => {
                Rc::make_mut(&mut self.shopts).remove(name);
            }
            None => {
                Rc::make_mut(&mut self.shopts).insert(name);
            }
        }
        true
    }
}

pub(super) fn shopt(shell: &mut Shell, _: &mut Sys<'_>, words: &[String], _: &Rc<Simple>) -> Done {
    let (mut set, mut quiet, mut print, mut posix) = (None, false, false, false);
    let mut names = Vec::new();
    for word in &words[1..] {
        match word.strip_prefix('-').filter(|f| !f.is_empty() && names.is_empty()) {
            None => names.push(word.as_str()),
            Some(flags) => {
                for flag in flags.chars() {
                    match flag {
                        's' => set = Some(true),
                        'u' => set = Some(false),
                        'q' => quiet = true,
                        'p' => print = true,
                        'o' => posix = true,
                        other => {
                            let usage = "[-pqsu] [-o] [optname ...]";
                            super::declare::illegal_option(shell, "shopt", other, usage);
                            return Done::Status(2);
                        }
                    }
                }
            }
        }
    }
    if posix {
        return posix_options(shell, set, quiet, print, &names);
    }
    let shown = |name: &str, on: bool| {
        if print {
            format!("shopt -{} {name}\n", if on { 's' } else { 'u' })
        } else {
            format!("{name:<15}\t{}\n", if on { "on" } else { "off" })
        }
    };
    if names.is_empty() {
        for (name, default) in &OPTIONS {
            let on = shell.shopt_is_on(name, *default);
            if set.is_none_or(|wanted| wanted == on) {
                shell.print(shown(name, on));
            }
        }
        return Done::Status(0);
    }
    let mut status = 0;
    for name in names {
        let Some((known, default)) = OPTIONS.iter().find(|(n, _)| *n == name) else {
            shell.builtin_error("shopt", format!("{name}: invalid shell option name"));
            status = 1;
            continue;
        };
        match set {
            Some(on) => {
                shell.set_shopt(known, on);
            }
            None => {
                let on = shell.shopt_is_on(known, *default);
                if !quiet {
                    shell.print(shown(known, on));
                }
                status |= i32::from(!on);
            }
        }
    }
    Done::Status(status)
}

/// `shopt -o`: the options of `set`.
fn posix_options(shell: &mut Shell, set: Option<bool>, quiet: bool, print: bool, names: &[&str]) -> Done {
    let mut status = 0;
    for name in names {
        match set {
            Some(on) if shell.set_option_name(name, on) => {}
            Some(_) => {
                shell.builtin_error("shopt", format!("{name}: invalid option name"));
                status = 1;
            }
            None => {
                let on = shell.option_is_on(name);
                if print {
                    shell.print(format!("set {}o {name}\n", if on { '-' } else { '+' }));
                } else if !quiet {
                    shell.print(format!("{name:<15}\t{}\n", if on { "on" } else { "off" }));
                }
                status |= i32::from(!on);
            }
        }
    }
    Done::Status(status)
}
