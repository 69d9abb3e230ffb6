//! env: shows the environment, or runs a command in another one.

use super::{
    process::{Command, prelude},
    tool::Cx,
};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "env",
    "Usage: env [-i0] [-u NAME]... [-] [NAME=VALUE]... [PROG ARGS]\n\nPrint current environment or run PROG after setting up environment\n\n\t-, -i\tStart with empty environment\n\t-0\tNUL terminated output\n\t-u NAME\tRemove variable from environment\n",
    || prelude(begin),
);

fn begin(cx: &mut Cx<'_, '_>) -> Result<Command, u8> {
    let mut env = cx.sys.env().to_vec();
    let mut args: std::collections::VecDeque<String> = std::mem::take(&mut cx.args).into();
    let (mut chdir, mut end) = (None, "\n");
    while let Some(arg) = args.front().cloned() {
        let set = arg.split_once('=').filter(|(k, _)| !k.is_empty() && !k.starts_with('-'));
        match (arg.as_str(), set) {
            ("-i" | "-" | "--ignore-environment", _) => env.clear(),
            ("-0" | "--null", _) => end = "\0",
            ("-u" | "-C" | "-S", _) => {
                args.pop_front();
                let Some(value) = args.front().cloned() else {
                    cx.complain(format!("option requires an argument -- '{}'", &arg[1..]));
                    cx.eprint("Try 'env --help' for more information.\n");
                    return Err(125);
                };
                match arg.as_str() {
                    "-u" => env.retain(|(k, _)| *k != value),
                    "-C" => chdir = Some(value),
                    _ => {
                        args.pop_front();
                        let words: Vec<String> = value.split_whitespace().map(str::to_string).collect();
                        words.into_iter().rev().for_each(|w| args.push_front(w));
                        continue;
                    }
                }
            }
            (long, _) if long.starts_with("--unset=") => env.retain(|(k, _)| *k != long[8..]),
            (long, _) if long.starts_with("--chdir=") => chdir = Some(long[8..].to_string()),
            ("--", _) => {
                args.pop_front();
                break;
            }
            (_, Some((name, value))) => match env.iter_mut().find(|(k, _)| k == name) {
                Some((_, old)) => *old = value.to_string(),
                None => env.push((name.to_string(), value.to_string())),
            },
            (flag, None) if flag.starts_with('-') => return Err(cx.bad_option(flag, 125)),
            _ => break,
        }
        args.pop_front();
    }
    if let Some(dir) = chdir
        && let Err(e) = cx.sys.chdir(&dir)
    {
        cx.complain(format!("cannot change directory to ‘{dir}’: {e}"));
        return Err(125);
    }
    if args.is_empty() {
        env.iter().for_each(|(k, v)| cx.print(format!("{k}={v}{end}")));
        return Err(0);
    }
    Ok(Command { argv: args.into(), env, failed: "" })
}
