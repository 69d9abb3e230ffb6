//! stty: the settings of the terminal.

use super::tool::{Cx, tool};
use crate::{kernel::Mode, program::ProgramSpec};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "stty",
    "Usage: stty [-a|g] [-F DEVICE] [SETTING]...\n\nWithout arguments, prints baud rate, line discipline,\nand deviations from stty sane\n\n\t-F DEVICE\tOpen device instead of stdin\n\t-a\t\tPrint all current settings in human-readable form\n\t-g\t\tPrint in stty-readable form\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let Some(mut mode) = cx.sys.tty_mode(0) else {
        cx.complain(if cx.busybox() {
            "standard input: Not a tty"
        } else {
            "'standard input': Inappropriate ioctl for device"
        });
        return 1;
    };
    let (cols, rows) = cx.sys.window(0).unwrap_or((80, 24));
    let args = cx.args.clone();
    if args.iter().any(|a| a == "-a" || a == "--all") {
        all(cx, &mode, cols, rows);
        return 0;
    }
    if args.is_empty() {
        cx.line("speed 38400 baud; line = 0;");
        let off = [
            (mode.canonical, "-icanon"),
            (mode.echo, "-echo"),
            (mode.signals, "-isig"),
            (mode.cr_to_nl, "-icrnl"),
            (mode.nl_to_crnl, "-onlcr"),
        ];
        let changed: Vec<&str> = off.iter().filter(|(on, _)| !on).map(|(_, name)| *name).collect();
        cx.line(if changed.is_empty() {
            "-brkint -imaxbel".to_string()
        } else {
            format!("-brkint -imaxbel\n{}", changed.join(" "))
        });
        return 0;
    }
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "size" => cx.line(format!("{rows} {cols}")),
            "speed" => cx.line("38400"),
            "-g" => cx.line(saved(&mode)),
            "sane" | "cooked" | "-raw" => mode = Mode::COOKED,
            "raw" | "-cooked" => mode = Mode { nl_to_crnl: false, echo: mode.echo, ..Mode::RAW },
            "cbreak" | "-icanon" => mode.canonical = false,
            "-cbreak" | "icanon" => mode.canonical = true,
            "echo" | "-echo" => mode.echo = !arg.starts_with('-'),
            "isig" | "-isig" => mode.signals = !arg.starts_with('-'),
            "icrnl" | "-icrnl" => mode.cr_to_nl = !arg.starts_with('-'),
            "opost" | "onlcr" | "-opost" | "-onlcr" => mode.nl_to_crnl = !arg.starts_with('-'),
            "nl" | "-nl" => (mode.cr_to_nl, mode.nl_to_crnl) = (arg.starts_with('-'), arg.starts_with('-')),
            // The window's own size stands; keys and speeds are what they are.
            "rows" | "cols" | "columns" | "min" | "time" | "erase" | "intr" | "kill" | "eof" | "susp"
            | "quit" | "werase" => {
                args.next();
            }
            word if word.trim_start_matches('-').starts_with("ixon")
                || word.trim_start_matches('-').starts_with("echo")
                || matches!(
                    word.trim_start_matches('-'),
                    "iexten" | "ixoff" | "ixany" | "tostop" | "iutf8" | "imaxbel"
                ) => {}
            word => match restored(word) {
                Some(old) => mode = old,
                None => {
                    cx.complain(format!("invalid argument '{word}'"));
                    if !cx.busybox() {
                        cx.eprint("Try 'stty --help' for more information.\n");
                    }
                    return 1;
                }
            },
        }
    }
    // It was a terminal when its mode was read.
    let _set = cx.sys.set_tty_mode(0, mode);
    0
}

/// The settings as `stty -g` writes them: hexadecimal words, the bits where Linux has them.
fn saved(m: &Mode) -> String {
    let bit = |on: bool, value: u32| if on { value } else { 0 };
    let input = 0x400 | bit(m.cr_to_nl, 0x100);
    let output = 1 | bit(m.nl_to_crnl, 4);
    let local = 0x8a30 | bit(m.signals, 1) | bit(m.canonical, 2) | bit(m.echo, 8);
    format!(
        "{input:x}:{output:x}:bf:{local:x}:3:1c:7f:15:4:0:1:0:11:13:1a:0:12:f:17:16:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0"
    )
}

fn restored(text: &str) -> Option<Mode> {
    let words: Vec<u32> = text.split(':').map(|w| u32::from_str_radix(w, 16).ok()).collect::<Option<_>>()?;
    let [input, output, _, local] = *words.get(..4)? else { return None };
    Some(Mode {
        canonical: local & 2 != 0,
        echo: local & 8 != 0,
        signals: local & 1 != 0,
        cr_to_nl: input & 0x100 != 0,
        nl_to_crnl: output & 4 != 0,
    })
}

fn all(cx: &mut Cx<'_, '_>, m: &Mode, cols: u16, rows: u16) {
    let word = |on: bool, name: &str| if on { name.to_string() } else { format!("-{name}") };
    let discard = if cx.busybox() { "flush" } else { "discard" };
    cx.line(format!("speed 38400 baud; rows {rows}; columns {cols}; line = 0;"));
    cx.line("intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>;");
    cx.line("eol2 = <undef>; swtch = <undef>; start = ^Q; stop = ^S; susp = ^Z; rprnt = ^R;");
    cx.line(format!("werase = ^W; lnext = ^V; {discard} = ^O; min = 1; time = 0;"));
    cx.line("-parenb -parodd -cmspar cs8 -hupcl -cstopb cread -clocal -crtscts");
    cx.line(format!(
        "-ignbrk -brkint -ignpar -parmrk -inpck -istrip -inlcr -igncr {} ixon -ixoff",
        word(m.cr_to_nl, "icrnl")
    ));
    cx.line("-iuclc -ixany -imaxbel -iutf8");
    cx.line(format!(
        "{} -olcuc -ocrnl {} -onocr -onlret -ofill -ofdel nl0 cr0 tab0 bs0 vt0 ff0",
        word(m.nl_to_crnl, "opost"),
        word(m.nl_to_crnl, "onlcr")
    ));
    cx.line(format!(
        "{} {} iexten {} echoe echok -echonl -noflsh -xcase -tostop -echoprt",
        word(m.signals, "isig"),
        word(m.canonical, "icanon"),
        word(m.echo, "echo")
    ));
    cx.line("echoctl echoke -flusho -extproc");
}
