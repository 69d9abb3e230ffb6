//! The programs: one line each in the list, gathered in files by kind.

pub mod external; // shared
pub mod test;
pub mod tool;
pub mod users;

mod awk;
mod bytes;
mod clear;
mod curl;
mod date;
mod df;
mod du;
pub(crate) mod echo;
mod env;
mod expr;
pub(crate) mod files;
mod find;
mod free;
mod getent;
mod grep;
mod hostname;
mod http_client; // shared
mod ifconfig;
mod ip;
mod kill;
mod ls;
mod mount;
mod nc;
mod netstat;
mod nproc;
mod nslookup;
pub(crate) mod opts; // shared
mod pgrep;
mod ping;
mod printenv;
pub(crate) mod process; // shared
mod ps;
mod sed;
mod seq;
mod sleep;
mod sort;
mod sync;
mod tail;
mod tee;
mod text_tools;
mod timeout;
mod tty;
mod uname;
mod uptime;
mod watch;
mod wget;
mod which;
mod xargs;
mod yes;

use crate::{
    kernel::{Flavour, Sys},
    program::{Poll, Program, ProgramSpec, Start},
};
use tool::{Cx, filter, tool};

/// What `uname -r` says.
pub const RELEASE: &str = "6.1.0-kubarium";

/// The first line of every BusyBox usage text.
pub fn busybox_banner() -> String {
    "BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n".to_string()
}

const fn inside(name: &'static str, help: &'static str, start: fn() -> Box<dyn Program>) -> ProgramSpec {
    ProgramSpec { name, help, start: Start::Inside(start) }
}

const SHELL: &str = "Usage: sh [-il] [-|+Cabefmnuvx] [-|+o OPT]... [-c 'SCRIPT' [ARG0 ARGS] | FILE ARGS | -s ARGS]\n\nUnix shell interpreter\n";

const GREP: &str = "Usage: grep [-HhnlLoqvsrRiwFExc] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...\n\nSearch for PATTERN in FILEs (or stdin)\n";

/// The built-in programs, by name.
pub const PROGRAMS: &[ProgramSpec] = &[
    inside("[", "Usage: [ EXPRESSION ]\n\nEvaluate a conditional expression.\n", || tool(test::main)),
    inside("arch", "Usage: arch\n\nPrint machine hardware name.\n", || tool(uname::arch)),
    inside("ash", SHELL, crate::shell::start),
    inside(
        "basename",
        "Usage: basename FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...\n\nStrip directory path and SUFFIX from FILE\n",
        || tool(files::basename),
    ),
    inside("bash", SHELL, crate::shell::start),
    inside(
        "cat",
        "Usage: cat [-nbvteA] [FILE]...\n\nPrint FILEs to stdout\n\n\t-n\tNumber output lines\n\t-b\tNumber nonempty lines\n\t-v\tShow nonprinting characters as ^x or M-x\n\t-t\t...and tabs as ^I\n\t-e\t...and end lines with $\n\t-A\tSame as -vte\n",
        || filter(text_tools::Cat::default()),
    ),
    inside(
        "chgrp",
        "Usage: chgrp [-Rh]... GROUP FILE...\n\nChange the group membership of FILEs to GROUP\n",
        || tool(files::chown),
    ),
    inside(
        "chmod",
        "Usage: chmod [-Rcvf] MODE[,MODE]... FILE...\n\nMODE is octal number (bit pattern sstrwxrwxrwx) or [ugoa]{+|-|=}[rwxXst]\n",
        || tool(files::chmod),
    ),
    inside(
        "chown",
        "Usage: chown [-Rhcvf]... USER[:[GRP]] FILE...\n\nChange the owner and/or group of FILEs to USER and/or GRP\n",
        || tool(files::chown),
    ),
    inside("clear", "Usage: clear\n\nClear screen\n", || tool(clear::main)),
    inside(
        "cp",
        "Usage: cp [-arPLHpfinlsTu] SOURCE DEST\nor: cp [-arPLHpfinlsu] SOURCE... { -t DIRECTORY | DIRECTORY }\n\nCopy SOURCEs to DEST\n",
        || tool(files::cp),
    ),
    inside(
        "cut",
        "Usage: cut {-b|c LIST | -f LIST [-d SEP] [-s]} [FILE]...\n\nPrint selected fields from FILEs to stdout\n",
        || filter(text_tools::Cut::default()),
    ),
    inside("dash", SHELL, crate::shell::start),
    inside(
        "date",
        "Usage: date [OPTIONS] [+FMT] [[-s] TIME]\n\nDisplay time (using +FMT), or set time\n\n\t-u\t\tWork in UTC\n\t-d TIME\t\tDisplay TIME\n\t-r FILE\t\tDisplay last modification time of FILE\n\t-R\t\tOutput RFC-2822 date\n\t-I[SPEC]\tOutput ISO-8601 date\n",
        || tool(date::main),
    ),
    inside("df", "Usage: df [-PkmhTai] [FILESYSTEM]...\n\nPrint filesystem usage statistics\n", || {
        tool(df::main)
    }),
    inside("dirname", "Usage: dirname FILENAME\n\nStrip non-directory suffix from FILENAME\n", || {
        tool(files::dirname)
    }),
    inside(
        "du",
        "Usage: du [-ashkm] [-d N] [FILE]...\n\nSummarize disk space used for FILEs (or directories)\n",
        || tool(du::main),
    ),
    inside("echo", "Usage: echo [-neE] [STRING]...\n\nEcho the STRING(s) to standard output.\n", || {
        tool(echo::main)
    }),
    inside("egrep", GREP, || filter(grep::Grep::default())),
    inside(
        "env",
        "Usage: env [-i0] [-u NAME]... [-] [NAME=VALUE]... [PROG ARGS]\n\nPrint current environment or run PROG after setting up environment\n",
        || Box::new(env::Become::default()),
    ),
    inside("expr", "Usage: expr EXPRESSION\n\nPrint the value of EXPRESSION\n", || tool(expr::main)),
    inside("false", "Usage: false\n\nExit with a status code indicating failure.\n", || Box::new(False)),
    inside("fgrep", GREP, || filter(grep::Grep::default())),
    inside(
        "fold",
        "Usage: fold [-bs] [-w WIDTH] [FILE]...\n\nWrap input lines in FILEs (or stdin), writing to stdout\n",
        || filter(text_tools::Fold::default()),
    ),
    inside("free", "Usage: free [-bkmgh]\n\nDisplay free and used memory\n", || tool(free::main)),
    inside("grep", GREP, || filter(grep::Grep::default())),
    inside("groups", "Usage: groups\n\nPrint the groups the user is in\n", || tool(users::groups_main)),
    inside(
        "head",
        "Usage: head [OPTIONS] [FILE]...\n\nPrint first 10 lines of FILEs (or stdin).\nWith more than one FILE, precede each with a filename header.\n\n\t-n N[bkm]\tPrint first N lines\n\t-n -N[bkm]\tPrint all except N last lines\n\t-c [-]N[bkm]\tPrint first N bytes\n\t-q\t\tNever print headers\n\t-v\t\tAlways print headers\n",
        || filter(text_tools::Head::default()),
    ),
    inside(
        "hostname",
        "Usage: hostname [-sidf] [HOSTNAME]\n\nShow or set hostname or DNS domain name\n",
        || tool(hostname::main),
    ),
    inside("id", "Usage: id [-ugGnr] [USER]\n\nPrint information about USER or the current user\n", || {
        tool(users::id)
    }),
    inside("kill", "Usage: kill [-l] [-SIG] PID...\n\nSend a signal (default: TERM) to given PIDs\n", || {
        tool(kill::main)
    }),
    inside(
        "killall",
        "Usage: killall [-lq] [-SIG] PROCESS_NAME...\n\nSend a signal (default: TERM) to given processes\n",
        || tool(kill::main),
    ),
    inside(
        "ln",
        "Usage: ln [-sfnbtv] [-S SUF] TARGET... LINK|DIR\n\nCreate a link LINK or DIR/TARGET to the specified TARGET(s)\n",
        || tool(files::ln),
    ),
    inside(
        "ls",
        "Usage: ls [-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...\n\nList directory contents\n",
        || tool(ls::main),
    ),
    inside(
        "mkdir",
        "Usage: mkdir [-m MODE] [-p] DIRECTORY...\n\nCreate DIRECTORY\n\n\t-m MODE\tMode\n\t-p\tNo error if exists; make parent directories as needed\n",
        || tool(files::mkdir),
    ),
    inside(
        "mktemp",
        "Usage: mktemp [-dt] [-p DIR] [TEMPLATE]\n\nCreate a temporary file with name based on TEMPLATE and print its name.\n",
        || tool(files::mktemp),
    ),
    inside("mount", "Usage: mount [OPTIONS] [-o OPT] DEVICE NODE\n\nShow what is mounted\n", || {
        tool(mount::main)
    }),
    inside(
        "mv",
        "Usage: mv [-finT] SOURCE DEST\nor: mv [-fin] SOURCE... { -t DIRECTORY | DIRECTORY }\n\nRename SOURCE to DEST, or move SOURCEs to DIRECTORY\n",
        || tool(files::mv),
    ),
    inside(
        "nice",
        "Usage: nice [-n ADJUST] [PROG ARGS]\n\nRun PROG with modified scheduling priority\n",
        || Box::new(env::Become::default()),
    ),
    inside(
        "nl",
        "Usage: nl [OPTIONS] [FILE]...\n\nWrite FILEs to standard output with line numbers added\n",
        || filter(text_tools::Nl::default()),
    ),
    inside(
        "nohup",
        "Usage: nohup PROG ARGS\n\nRun PROG immune to hangups, with output to a non-tty\n",
        || Box::new(env::Become::default()),
    ),
    inside("nproc", "Usage: nproc\n\nPrint number of available CPUs\n", || tool(nproc::main)),
    inside(
        "pgrep",
        "Usage: pgrep [-flanovx] PATTERN\n\nDisplay process(es) selected by regex PATTERN\n",
        || tool(pgrep::main),
    ),
    inside(
        "pidof",
        "Usage: pidof NAME...\n\nList PIDs of all processes with names that match NAMEs\n",
        || tool(pgrep::main),
    ),
    inside(
        "pkill",
        "Usage: pkill [-l|-SIGNAL] [-xfvnoe] [PATTERN]\n\nSend signal to processes selected by PATTERN\n",
        || tool(kill::main),
    ),
    inside("printenv", "Usage: printenv [VARIABLE]...\n\nPrint environment VARIABLEs.\n", || {
        tool(printenv::main)
    }),
    inside(
        "printf",
        "Usage: printf FORMAT [ARG]...\n\nFormat and print ARG(s) according to FORMAT (a-la C printf)\n",
        || tool(printf_main),
    ),
    inside("ps", "Usage: ps\n\nShow list of processes\n", || tool(ps::main)),
    inside("pwd", "Usage: pwd\n\nPrint the full filename of the current working directory\n", || {
        tool(files::pwd)
    }),
    inside("readlink", "Usage: readlink [-fnv] FILE\n\nDisplay the value of a symlink\n", || {
        tool(files::readlink)
    }),
    inside("realpath", "Usage: realpath FILE...\n\nPrint absolute pathnames of FILE\n", || {
        tool(files::readlink)
    }),
    inside("reset", "Usage: reset\n\nReset the terminal\n", || tool(clear::main)),
    inside("rev", "Usage: rev [FILE]...\n\nReverse lines of FILE\n", || filter(text_tools::Rev)),
    inside(
        "rm",
        "Usage: rm [-irf] FILE...\n\nRemove (unlink) FILEs\n\n\t-i\tAlways prompt before removing\n\t-f\tNever prompt\n\t-R,-r\tRecurse\n",
        || tool(files::rm),
    ),
    inside("rmdir", "Usage: rmdir [-p] DIRECTORY...\n\nRemove DIRECTORY if it is empty\n", || {
        tool(files::rmdir)
    }),
    inside(
        "seq",
        "Usage: seq [-w] [-s SEP] [FIRST [INC]] LAST\n\nPrint numbers from FIRST to LAST, in steps of INC.\nFIRST, INC default to 1.\n",
        || tool(seq::main),
    ),
    inside("setsid", "Usage: setsid PROG ARGS\n\nRun PROG in a new session\n", || {
        Box::new(env::Become::default())
    }),
    inside("sh", SHELL, crate::shell::start),
    inside(
        "sleep",
        "Usage: sleep [N]...\n\nPause for a time equal to the total of the args given, where each arg can\nhave an optional suffix of (s)econds, (m)inutes, (h)ours, or (d)ays\n",
        || Box::new(sleep::Sleep::default()),
    ),
    inside(
        "sort",
        "Usage: sort [-nrughMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] [-t CHAR] [FILE]...\n\nSort lines of text\n",
        || filter(sort::Sort::default()),
    ),
    inside("stat", "Usage: stat [-ltf] [-c FMT] FILE...\n\nDisplay file status\n", || tool(ls::stat)),
    inside("sync", "Usage: sync\n\nWrite all buffered blocks to disk\n", || tool(sync::main)),
    inside("tac", "Usage: tac [FILE]...\n\nConcatenate FILEs and print them in reverse\n", || {
        filter(text_tools::Tac::default())
    }),
    inside(
        "tail",
        "Usage: tail [OPTIONS] [FILE]...\n\nPrint last 10 lines of FILEs (or stdin) to.\nWith more than one FILE, precede each with a filename header.\n\n\t-c [+]N[bkm]\tPrint last N bytes\n\t-n N[bkm]\tPrint last N lines\n\t-n +N[bkm]\tStart on Nth line and print the rest\n\t-q\t\tNever print headers\n\t-f\t\tPrint data as file grows\n\t-F\t\tSame as -f, but keep retrying\n",
        || Box::new(tail::Tail::default()),
    ),
    inside("tee", "Usage: tee [-ai] [FILE]...\n\nCopy stdin to each FILE, and also to stdout\n", || {
        Box::new(tee::Tee::default())
    }),
    inside("test", "Usage: test EXPRESSION\n\nEvaluate a conditional expression.\n", || tool(test::main)),
    inside(
        "timeout",
        "Usage: timeout [-s SIG] [-k KILL_SECS] SECS PROG ARGS\n\nRun PROG. Send SIG to it if it is not gone in SECS seconds.\nDefault SIG: TERM.If it still exists in KILL_SECS seconds, send KILL.\n",
        || Box::new(timeout::Timeout::default()),
    ),
    inside(
        "touch",
        "Usage: touch [-cham] [-d DATE] [-t DATE] [-r FILE] FILE...\n\nUpdate mtime of FILEs\n",
        || tool(files::touch),
    ),
    inside(
        "tr",
        "Usage: tr [-cds] STRING1 [STRING2]\n\nTranslate, squeeze, or delete characters from stdin, writing to stdout\n",
        || filter(text_tools::Tr::default()),
    ),
    inside("true", "Usage: true\n\nExit with a status code indicating success.\n", || Box::new(True)),
    inside("truncate", "Usage: truncate [-c] -s SIZE FILE...\n\nTruncate FILEs to SIZE\n", || {
        tool(files::truncate)
    }),
    inside("tty", "Usage: tty [-s]\n\nPrint the name of the terminal\n", || tool(tty::main)),
    inside("uname", "Usage: uname [-amnrspvio]\n\nPrint system information\n", || tool(uname::main)),
    inside("uniq", "Usage: uniq [-cduiz] [-f,s,w N] [FILE [OUTFILE]]\n\nDiscard duplicate lines\n", || {
        filter(text_tools::Uniq::default())
    }),
    inside("uptime", "Usage: uptime\n\nDisplay the time since the last boot\n", || tool(uptime::main)),
    inside(
        "watch",
        "Usage: watch [-n SEC] [-t] PROG ARGS\n\nRun PROG periodically\n\n\t-n SEC\tPeriod (default 2)\n\t-t\tDon't print header\n",
        || Box::new(watch::Watch::default()),
    ),
    inside(
        "wc",
        "Usage: wc [-cmlwL] [FILE]...\n\nCount lines, words, and bytes for FILEs (or stdin)\n",
        || filter(text_tools::Wc::default()),
    ),
    inside("which", "Usage: which [-a] COMMAND...\n\nLocate COMMAND\n", || tool(which::main)),
    inside(
        "whoami",
        "Usage: whoami\n\nPrint the user name associated with the current effective user id\n",
        || tool(users::whoami),
    ),
    inside(
        "xargs",
        "Usage: xargs [OPTIONS] [PROG ARGS]\n\nRun PROG on every item given by stdin\n\n\t-0\tNUL terminated input\n\t-r\tDon't run command if input is empty\n\t-t\tPrint the command on stderr before execution\n\t-n N\tPass no more than N args to PROG\n\t-I STR\tReplace STR within PROG ARGS with input line\n\t-P N\tRun up to N PROGs in parallel\n",
        || Box::new(xargs::Xargs::default()),
    ),
    inside("yes", "Usage: yes [STRING]\n\nRepeatedly print a line with STRING, or 'y'\n", || {
        Box::new(yes::Yes::default())
    }),
    inside(
        "curl",
        "Usage: curl [options...] <url>\n -d, --data <data>           HTTP POST data\n -f, --fail                  Fail fast with no output on HTTP errors\n -H, --header <header>       Pass custom header(s) to server\n -i, --include               Include response headers in output\n -I, --head                  Show document info only\n -k, --insecure              Allow insecure server connections\n -L, --location              Follow redirects\n -m, --max-time <seconds>    Maximum time allowed for transfer\n -o, --output <file>         Write to file instead of stdout\n -O, --remote-name           Write output to file named as remote file\n -s, --silent                Silent mode\n -u, --user <user:password>  Server user and password\n -v, --verbose               Make the operation more talkative\n -w, --write-out <format>    What to output after completion\n -X, --request <method>      Specify request method to use\n",
        || Box::new(curl::Curl::default()),
    ),
    inside(
        "find",
        "Usage: find [-HL] [PATH]... [OPTIONS] [ACTIONS]\n\nSearch for files and perform actions on them.\n",
        || Box::new(find::Find::default()),
    ),
    inside(
        "getent",
        "Usage: getent DATABASE [KEY]\n\nGet entries from the administrative database\n",
        || Box::new(getent::Getent::default()),
    ),
    inside(
        "nc",
        "Usage: nc [OPTIONS] HOST PORT  - connect\nnc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen\n\n\t-l\tListen mode\n\t-p PORT\tLocal port\n\t-w SEC\tTimeout for connect\n\t-v\tVerbose\n\t-z\tZero-I/O mode (scanning)\n",
        || Box::new(nc::Nc::default()),
    ),
    inside(
        "nslookup",
        "Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n\nQuery DNS about HOST\n\nQUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any\n",
        || Box::new(nslookup::Lookup::default()),
    ),
    inside(
        "ping",
        "Usage: ping [OPTIONS] HOST\n\nSend ICMP ECHO_REQUESTs to HOST\n\n\t-c CNT\tSend only CNT pings\n\t-i SECS\tInterval\n\t-W SEC\tSeconds to wait for the first response\n\t-s SIZE\tSend SIZE data bytes in packets\n",
        || Box::new(ping::Ping::default()),
    ),
    inside("telnet", "Usage: telnet HOST [PORT]\n\nConnect to telnet server\n", || {
        Box::new(nc::Nc::default())
    }),
    inside(
        "wget",
        "Usage: wget [-cqS] [--spider] [-O FILE] [-T SEC] [--header STR] [--post-data STR] URL...\n\nRetrieve files via HTTP or FTP\n\n\t--spider\tOnly check URL existence: $? is 0 if exists\n\t-q\t\tQuiet\n\t-S\t\tShow server response\n\t-T SEC\t\tNetwork read timeout is SEC seconds\n\t-O FILE\t\tSave to FILE ('-' for stdout)\n",
        || Box::new(wget::Wget::default()),
    ),
    inside(
        "base64",
        "Usage: base64 [-d] [-w COL] [FILE]\n\nBase64 encode or decode FILE to standard output\n",
        || filter(bytes::Base64::default()),
    ),
    inside(
        "dd",
        "Usage: dd [if=FILE] [of=FILE] [bs=N] [count=N] [skip=N] [seek=N]\n\nCopy a file with converting and formatting\n",
        || Box::new(bytes::Dd::default()),
    ),
    inside("hexdump", "Usage: hexdump [-C] [FILE]...\n\nDisplay file in hexadecimal\n", || {
        filter(bytes::Dump::default())
    }),
    inside("md5sum", "Usage: md5sum [-c] [FILE]...\n\nPrint or check MD5 checksums\n", || {
        filter(bytes::Sum::default())
    }),
    inside("od", "Usage: od [-c] [-A RADIX] [-t TYPE] [FILE]...\n\nPrint FILEs in octal\n", || {
        filter(bytes::Dump::default())
    }),
    inside(
        "sed",
        "Usage: sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...\nor: sed [-i[SFX]] [-nrE] CMD [FILE]...\n",
        || filter(sed::Sed::default()),
    ),
    inside("sha1sum", "Usage: sha1sum [-c] [FILE]...\n\nPrint or check SHA1 checksums\n", || {
        filter(bytes::Sum::default())
    }),
    inside("sha256sum", "Usage: sha256sum [-c] [FILE]...\n\nPrint or check SHA256 checksums\n", || {
        filter(bytes::Sum::default())
    }),
    inside(
        "strings",
        "Usage: strings [-n LEN] [FILE]...\n\nDisplay printable strings in a binary file\n",
        || filter(bytes::Strings::default()),
    ),
    inside("xxd", "Usage: xxd [-p] [FILE]\n\nHex dump FILE (or stdin)\n", || filter(bytes::Dump::default())),
    inside(
        "awk",
        "Usage: awk [OPTIONS] [AWK_PROGRAM] [FILE]...\n\n\t-v VAR=VAL\tSet variable\n\t-F SEP\t\tUse SEP as field separator\n\t-f FILE\t\tRead program from FILE\n",
        || filter(awk::Awk::default()),
    ),
    inside("ifconfig", "Usage: ifconfig [-a] [IFACE]\n\nShow network interfaces\n", || tool(ifconfig::main)),
    inside(
        "ip",
        "Usage: ip [OPTIONS] address|route|link [ARGS]\n\nShow addresses, routes and links\n",
        || tool(ip::main),
    ),
    inside("netstat", "Usage: netstat [-ral] [-tuwx] [-en]\n\nDisplay networking information\n", || {
        tool(netstat::main)
    }),
    inside("ss", "Usage: ss [-ltnap]\n\nDisplay sockets\n", || tool(netstat::main)),
    inside("more", "Usage: more [FILE]...\n\nView FILE (or stdin)\n", || filter(text_tools::Cat::default())),
    inside(
        "less",
        "Usage: less [FILE]...\n\nShow FILE (or stdin); the terminal's own scrolling takes the place of paging\n",
        || filter(text_tools::Cat::default()),
    ),
];

/// Whether an image of this flavour carries the program. BusyBox lacks what is no applet; curl, jq and the like are
/// added by the images that have them.
pub fn belongs(name: &str, flavour: Flavour) -> bool {
    match flavour {
        Flavour::Gnu => !matches!(name, "ash" | "nc" | "ping" | "telnet"),
        Flavour::BusyBox => !matches!(name, "curl" | "jq" | "bash" | "dash"),
    }
}

fn printf_main(cx: &mut Cx<'_, '_>) -> u8 {
    let Some(format) = cx.args.first().cloned() else { return cx.missing_operand() };
    let printed = crate::text::printf::format(&format, &cx.args[1..], cx.sys.now());
    cx.print(&printed.out);
    for text in &printed.errors {
        let message = if cx.busybox() {
            format!("invalid number '{text}'")
        } else {
            format!("‘{text}’: expected a numeric value")
        };
        cx.complain(message);
    }
    u8::from(!printed.errors.is_empty())
}

/// `true`, and what a process runs before its program is loaded.
#[derive(Clone, Debug)]
pub struct True;

impl Program for True {
    fn poll(&mut self, _: &mut Sys<'_>) -> Poll {
        Poll::Exit(0)
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

/// `false`
#[derive(Clone, Debug)]
struct False;

impl Program for False {
    fn poll(&mut self, _: &mut Sys<'_>) -> Poll {
        Poll::Exit(1)
    }
    fn clone_box(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}
