//! sudo: runs a command as root or as somebody else, for those whom /etc/sudoers names.

use super::{
    process::{Command, prelude},
    tool::Cx,
    users::{self, User},
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "sudo",
    "usage: sudo -h | -K | -k | -V\nusage: sudo -v [-ABkNnS] [-g group] [-h host] [-p prompt] [-u user]\nusage: sudo -l [-ABkNnS] [-g group] [-h host] [-p prompt] [-U user] [-u user] [command [arg ...]]\nusage: sudo [-ABbEHkNnPS] [-u user] [VAR=value] [-i | -s] [command [arg ...]]\n",
    || prelude(begin),
);

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

fn begin(cx: &mut Cx<'_, '_>) -> Result<Command, u8> {
    let mut args: std::collections::VecDeque<String> = std::mem::take(&mut cx.args).into();
    let (mut target, mut login, mut shell, mut keep, mut list) =
        ("root".to_string(), false, false, false, false);
    let mut set = Vec::new();
    while let Some(arg) = args.front().cloned() {
        if let Some((k, v)) = arg.split_once('=').filter(|(k, _)| !k.is_empty() && !k.contains(['-', '/'])) {
            set.push((k.to_string(), v.to_string()));
            args.pop_front();
            continue;
        }
        let Some(letters) = arg.strip_prefix('-') else { break };
        args.pop_front();
        match letters {
            "-" => break,
            "u" | "-user" => target = args.pop_front().unwrap_or_default(),
            "g" | "p" | "U" | "h" | "C" => {
                args.pop_front();
            }
            "K" | "k" | "v" if args.is_empty() => return Err(0),
            "V" | "-version" => {
                cx.line("Sudo version 1.9.15p5");
                return Err(0);
            }
            "i" | "-login" => login = true,
            "s" | "-shell" => shell = true,
            "E" | "-preserve-env" => keep = true,
            "l" | "-list" => list = true,
            "n" | "S" | "H" | "b" | "A" | "B" | "P" | "N" | "k" => {}
            _ => {
                if let Some(name) = letters.strip_prefix('u') {
                    target = name.to_string();
                    continue;
                }
                cx.eprint(format!(
                    "sudo: invalid option -- '{}'\n{}",
                    letters.chars().next().unwrap_or(' '),
                    SPEC.help
                ));
                return Err(1);
            }
        }
    }
    let uid = cx.sys.uid();
    let me = users::user_name(cx.sys, uid);
    if !may(cx, &me) {
        cx.eprint(format!("{me} is not in the sudoers file.\n"));
        return Err(1);
    }
    if list {
        let host = cx.sys.hostname();
        cx.line(format!(
            "User {me} may run the following commands on {host}:\n    (ALL : ALL) NOPASSWD: ALL"
        ));
        return Err(0);
    }
    let user = users::by_name(cx.sys, &target)
        .or_else(|| users::by_uid(cx.sys, target.strip_prefix('#')?.parse().ok()?));
    let Some(user) = user else {
        cx.complain(format!("unknown user {target}\nsudo: error initializing audit plugin sudoers_audit"));
        return Err(1);
    };
    if args.is_empty() && !login && !shell {
        cx.eprint(SPEC.help);
        return Err(1);
    }
    let env = environment(cx, &user, &me, keep, &set, &args);
    let gid = cx.sys.gid();
    cx.sys.become_user(user.uid, user.gid);
    let _ = gid;
    if login {
        // A home that is not there leaves the shell where it is.
        let _there = cx.sys.chdir(&user.home);
    }
    let mut argv: Vec<String> = args.into();
    if login || shell {
        let mut words = vec![user.shell.clone()];
        if !argv.is_empty() {
            words.extend(["-c".to_string(), argv.join(" ")]);
        }
        argv = words;
    } else if cx.sys.find_program(&argv[0], PATH).is_err() {
        cx.complain(format!("{}: command not found", argv[0]));
        return Err(1);
    }
    Ok(Command { argv, env, failed: "" })
}

/// Whether /etc/sudoers names the user, a group of theirs, or everybody.
fn may(cx: &mut Cx<'_, '_>, me: &str) -> bool {
    if cx.sys.uid() == 0 {
        return true;
    }
    let mine: Vec<String> = cx.sys.groups().into_iter().map(|g| users::group_name(cx.sys, g)).collect();
    let text = cx.sys.root_text("/etc/sudoers");
    text.lines().filter_map(|l| l.split_whitespace().next()).any(|word| match word.strip_prefix('%') {
        Some(group) => mine.iter().any(|g| g == group),
        None => word == me || word == "ALL",
    })
}

fn environment(
    cx: &mut Cx<'_, '_>,
    user: &User,
    me: &str,
    keep: bool,
    set: &[(String, String)],
    args: &std::collections::VecDeque<String>,
) -> Vec<(String, String)> {
    let kept = ["TERM", "LANG", "LC_ALL", "COLORTERM", "DISPLAY"];
    let mut env: Vec<(String, String)> =
        cx.sys.env().iter().filter(|(k, _)| keep || kept.contains(&k.as_str())).cloned().collect();
    let command =
        if args.is_empty() { user.shell.clone() } else { args.iter().cloned().collect::<Vec<_>>().join(" ") };
    let (uid, gid) = (cx.sys.uid().to_string(), cx.sys.gid().to_string());
    let own = [
        ("PATH", PATH),
        ("HOME", &user.home),
        ("MAIL", &format!("/var/mail/{}", user.name)),
        ("LOGNAME", &user.name),
        ("USER", &user.name),
        ("SHELL", &user.shell),
        ("SUDO_COMMAND", &command),
        ("SUDO_USER", me),
        ("SUDO_UID", &uid),
        ("SUDO_GID", &gid),
    ];
    let own = own.iter().map(|(k, v)| (k.to_string(), v.to_string())).chain(set.iter().cloned());
    for (k, v) in own {
        env.retain(|(name, _)| *name != k);
        env.push((k, v));
    }
    env
}
