//! The programs: one file each, which says its name and help in its `SPEC`, and one line each in the list.

pub mod external; // shared
mod http_client; // shared
pub(crate) mod opts; // shared
pub(crate) mod paths; // shared
pub(crate) mod process; // shared
mod rows; // shared
mod screen; // shared
pub mod tool; // shared
pub mod users; // shared
pub mod whole; // shared

mod awk;
mod base64;
mod basename;
mod bc;
mod cat;
pub(crate) mod chmod;
mod chown;
mod cksum;
mod clear;
mod cmp;
mod column;
mod comm;
mod cp;
mod curl;
mod cut;
mod date;
mod dd;
mod df;
mod diff;
mod dig;
mod digest_sum;
mod dirname;
mod dmesg;
mod du;
pub(crate) mod echo;
mod env;
mod envsubst;
mod expand;
mod expr;
mod file;
mod find;
mod fold;
mod free;
mod getent;
mod grep;
mod groups;
mod gzip;
mod head;
mod hexdump;
mod host;
mod hostname;
mod htop;
mod htpasswd;
mod id;
mod ifconfig;
mod install;
mod ip;
mod join;
mod jq;
mod kill;
mod killall;
mod ln;
mod ls;
mod lsof;
mod man;
mod mkdir;
mod mkfifo;
mod mktemp;
mod mount;
mod mv;
mod nano;
mod nc;
mod netstat;
mod nice;
mod nl;
mod nohup;
mod nproc;
mod nslookup;
mod numfmt;
mod od;
mod openssl;
mod packages;
mod pager;
mod paste;
mod pgrep;
mod pidof;
mod ping;
mod printenv;
mod printf;
mod proc_view; // shared
mod ps;
mod pwd;
mod readlink;
mod renice;
mod rev;
mod rm;
mod rmdir;
mod route;
mod sed;
mod seq;
mod setsid;
mod sh;
mod shuf;
mod sleep;
mod sort;
mod split;
mod ss;
mod stat;
mod strings;
mod stty;
mod su;
mod sudo;
mod sync;
mod sysctl;
mod tac;
mod tail;
mod tar;
mod tee;
pub mod test;
mod time;
mod timeout;
mod top;
mod touch;
mod tput;
mod tr;
mod traceroute;
mod truncate;
pub mod truth;
mod tty;
mod uname;
mod uniq;
mod unlink;
mod uptime;
mod vi;
mod watch;
mod wc;
mod wget;
mod which;
mod whoami;
mod xargs;
mod xxd;
mod yes;
mod yq;
mod zip;

use crate::{kernel::Flavour, program::ProgramSpec};

/// What `uname -r` says.
pub const RELEASE: &str = "6.1.0-kubarium";

/// The configuration of a machine that has openssl.
pub(crate) const OPENSSL_CNF: &str = openssl::config::DEFAULT;

/// The first line of every BusyBox usage text.
pub fn busybox_banner() -> String {
    "BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.\n".to_string()
}

/// The built-in programs, sorted by name.
pub const PROGRAMS: &[ProgramSpec] = &[
    test::BRACKET,
    packages::APK,
    packages::APT,
    packages::APT_GET,
    uname::ARCH,
    sh::ASH,
    awk::SPEC,
    base64::SPEC,
    basename::SPEC,
    sh::BASH,
    bc::SPEC,
    cat::CAT,
    chown::CHGRP,
    chmod::SPEC,
    chown::CHOWN,
    cksum::SPEC,
    clear::CLEAR,
    cmp::SPEC,
    column::SPEC,
    comm::SPEC,
    cp::SPEC,
    curl::SPEC,
    cut::SPEC,
    sh::DASH,
    date::SPEC,
    dd::SPEC,
    df::SPEC,
    diff::SPEC,
    dig::SPEC,
    dirname::SPEC,
    dmesg::SPEC,
    du::SPEC,
    echo::SPEC,
    grep::EGREP,
    env::SPEC,
    envsubst::SPEC,
    expand::EXPAND,
    expr::SPEC,
    truth::FALSE,
    grep::FGREP,
    file::SPEC,
    find::SPEC,
    fold::SPEC,
    free::SPEC,
    getent::SPEC,
    grep::GREP,
    groups::SPEC,
    gzip::GUNZIP,
    gzip::GZIP,
    hexdump::HD,
    head::SPEC,
    hexdump::HEXDUMP,
    host::SPEC,
    hostname::SPEC,
    htop::SPEC,
    htpasswd::SPEC,
    id::SPEC,
    ifconfig::SPEC,
    install::SPEC,
    ip::SPEC,
    join::SPEC,
    jq::SPEC,
    kill::SPEC,
    killall::SPEC,
    pager::LESS,
    unlink::LINK,
    ln::SPEC,
    ls::SPEC,
    lsof::SPEC,
    man::SPEC,
    digest_sum::MD5SUM,
    mkdir::SPEC,
    mkfifo::SPEC,
    mktemp::SPEC,
    pager::MORE,
    mount::MOUNT,
    mv::SPEC,
    nano::SPEC,
    nc::NC,
    netstat::SPEC,
    nice::SPEC,
    nl::SPEC,
    nohup::SPEC,
    nproc::SPEC,
    nslookup::SPEC,
    numfmt::SPEC,
    od::SPEC,
    openssl::SPEC,
    paste::SPEC,
    pgrep::PGREP,
    pidof::SPEC,
    ping::SPEC,
    pgrep::PKILL,
    printenv::SPEC,
    printf::SPEC,
    ps::SPEC,
    pwd::SPEC,
    readlink::READLINK,
    readlink::REALPATH,
    renice::SPEC,
    clear::RESET,
    rev::SPEC,
    rm::SPEC,
    rmdir::SPEC,
    route::SPEC,
    sed::SPEC,
    seq::SPEC,
    setsid::SPEC,
    sh::SH,
    digest_sum::SHA1SUM,
    digest_sum::SHA224SUM,
    digest_sum::SHA256SUM,
    digest_sum::SHA384SUM,
    digest_sum::SHA512SUM,
    shuf::SPEC,
    sleep::SPEC,
    sort::SPEC,
    split::SPEC,
    ss::SPEC,
    stat::SPEC,
    strings::SPEC,
    stty::SPEC,
    su::SPEC,
    sudo::SPEC,
    sync::SPEC,
    sysctl::SPEC,
    tac::SPEC,
    tail::SPEC,
    tar::SPEC,
    tee::SPEC,
    nc::TELNET,
    test::TEST,
    time::SPEC,
    timeout::SPEC,
    top::SPEC,
    touch::SPEC,
    tput::SPEC,
    tr::SPEC,
    traceroute::SPEC,
    truth::TRUE,
    truncate::SPEC,
    tty::SPEC,
    mount::UMOUNT,
    uname::UNAME,
    expand::UNEXPAND,
    uniq::SPEC,
    unlink::UNLINK,
    zip::UNZIP,
    uptime::SPEC,
    vi::VI,
    vi::VIEW,
    vi::VIM,
    watch::SPEC,
    wc::SPEC,
    wget::SPEC,
    which::SPEC,
    whoami::SPEC,
    xargs::SPEC,
    xxd::SPEC,
    yes::SPEC,
    yq::SPEC,
    gzip::ZCAT,
    zip::ZIP,
];

/// Refuses when there are not exactly two operands.
fn two_operands(cx: &mut tool::Cx<'_, '_>, operands: &[String]) -> Result<(), u8> {
    let message = match operands {
        [_, _] => return Ok(()),
        _ if cx.busybox() => return Err(cx.missing_operand()),
        [] if !matches!(cx.name.as_str(), "diff" | "cmp") => return Err(cx.missing_operand()),
        [] => format!("missing operand after ‘{}’", cx.name),
        [one] => format!("missing operand after ‘{one}’"),
        [_, _, extra, ..] => format!("extra operand ‘{extra}’"),
    };
    cx.complain(message);
    let name = cx.name.clone();
    // diffutils name themselves once more.
    let who = if matches!(name.as_str(), "diff" | "cmp") { format!("{name}: ") } else { String::new() };
    cx.eprint(format!("{who}Try '{name} --help' for more information.\n"));
    Err(1)
}

/// What no base image carries: people install it, so a workstation has it ([`image::add_extras`](crate::image::add_extras)).
pub const EXTRAS: &[&str] = &[
    "bc", "column", "envsubst", "file", "htop", "htpasswd", "jq", "less", "man", "nano", "nc", "ping",
    "telnet", "unzip", "vi", "view", "vim", "xxd", "yq", "zip",
];

/// What is no applet of BusyBox.
const NO_APPLETS: &[&str] = &[
    "apk", "apt", "apt-get", "bash", "column", "curl", "dash", "dig", "envsubst", "file", "host", "htop",
    "htpasswd", "join", "jq", "lsof", "man", "nano", "numfmt", "openssl", "ss", "sudo", "tput", "view",
    "vim", "yq", "zip",
];

/// Whether a base image of this flavour carries the program. Others are added by the images that have them.
pub fn belongs(name: &str, flavour: Flavour) -> bool {
    match flavour {
        Flavour::Gnu => !matches!(name, "ash" | "apk" | "sudo" | "time") && !EXTRAS.contains(&name),
        Flavour::BusyBox => !NO_APPLETS.contains(&name),
    }
}
