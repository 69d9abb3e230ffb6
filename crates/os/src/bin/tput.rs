//! tput: what the terminal can do, as escape sequences of xterm.

use super::tool::{Cx, tool};
use crate::program::ProgramSpec;

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "tput",
    "Usage: tput [options] [command]\n\nOptions:\n  -S <<       read commands from standard input\n  -T TERM     use this instead of $TERM\n  -V          print curses-version\n  -x          do not try to clear scrollback\n\nCommands:\n  clear       clear the screen\n  init        initialize the terminal\n  reset       reinitialize the terminal\n  capname     unlike clear/init/reset, print value for capability \"capname\"\n",
    || tool(main),
);

/// Names and texts of capabilities without parameters.
const TEXTS: &[(&str, &str)] = &[
    ("clear", "\x1b[H\x1b[2J\x1b[3J"),
    ("bold", "\x1b[1m"),
    ("dim", "\x1b[2m"),
    ("smul", "\x1b[4m"),
    ("rmul", "\x1b[24m"),
    ("blink", "\x1b[5m"),
    ("rev", "\x1b[7m"),
    ("smso", "\x1b[7m"),
    ("rmso", "\x1b[27m"),
    ("sitm", "\x1b[3m"),
    ("ritm", "\x1b[23m"),
    ("sgr0", "\x1b(B\x1b[m"),
    ("op", "\x1b[39;49m"),
    ("civis", "\x1b[?25l"),
    ("cnorm", "\x1b[?12l\x1b[?25h"),
    ("cvvis", "\x1b[?12;25h"),
    ("smcup", "\x1b[?1049h\x1b[22;0;0t"),
    ("rmcup", "\x1b[?1049l\x1b[23;0;0t"),
    ("el", "\x1b[K"),
    ("el1", "\x1b[1K"),
    ("ed", "\x1b[J"),
    ("home", "\x1b[H"),
    ("sc", "\x1b7"),
    ("rc", "\x1b8"),
    ("bel", "\x07"),
    ("cuu1", "\x1b[A"),
    ("cud1", "\n"),
    ("cuf1", "\x1b[C"),
    ("cub1", "\x08"),
    ("init", "\x1b[!p\x1b[?3;4l\x1b[4l\x1b>"),
    ("reset", "\x1bc\x1b[!p\x1b[?3;4l\x1b[4l\x1b>"),
];

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let mut args = std::mem::take(&mut cx.args);
    let mut term = cx.sys.var("TERM").map(str::to_string);
    while args.first().is_some_and(|a| a.starts_with('-') && a.len() > 1) {
        let flag = args.remove(0);
        if flag == "-T" && !args.is_empty() {
            term = Some(args.remove(0));
        } else if let Some(name) = flag.strip_prefix("-T") {
            term = Some(name.to_string());
        }
    }
    if term.as_deref().is_none_or(str::is_empty) {
        cx.complain("No value for $TERM and no -T specified");
        return 2;
    }
    let Some(name) = args.first() else {
        cx.eprint(format!("usage: {}", &SPEC.help[7..]));
        return 2;
    };
    let number = |i: usize| args.get(i).and_then(|a| a.parse::<u32>().ok()).unwrap_or(0);
    let (cols, rows) =
        cx.sys.window(1).or_else(|| cx.sys.window(2)).or_else(|| cx.sys.window(0)).unwrap_or((80, 24));
    let color = |base: u32, bright: u32, extended: u32| match number(1) {
        n if n < 8 => format!("\x1b[{}m", base + n),
        n if n < 16 => format!("\x1b[{}m", bright + n - 8),
        n => format!("\x1b[{extended};5;{n}m"),
    };
    let text = match name.as_str() {
        "cols" => format!("{cols}\n"),
        "lines" => format!("{rows}\n"),
        "colors" => {
            if term.as_deref().is_some_and(|t| t.contains("256")) { "256\n" } else { "8\n" }.to_string()
        }
        "longname" => "xterm terminal emulator (X Window System)".to_string(),
        "cup" => format!("\x1b[{};{}H", number(1) + 1, number(2) + 1),
        "hpa" => format!("\x1b[{}G", number(1) + 1),
        "vpa" => format!("\x1b[{}d", number(1) + 1),
        "cuu" => format!("\x1b[{}A", number(1)),
        "cud" => format!("\x1b[{}B", number(1)),
        "cuf" => format!("\x1b[{}C", number(1)),
        "cub" => format!("\x1b[{}D", number(1)),
        "setaf" => color(30, 90, 38),
        "setab" => color(40, 100, 48),
        name => match TEXTS.iter().find(|(n, _)| *n == name) {
            Some((_, text)) => text.to_string(),
            None => {
                cx.complain(format!("unknown terminfo capability '{name}'"));
                return 4;
            }
        },
    };
    cx.print(text);
    0
}
