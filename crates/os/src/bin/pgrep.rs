//! pgrep and pidof: finds processes.

use super::tool::Cx;

pub fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let full = cx.args.iter().any(|a| a == "-f");
    let list = cx.args.iter().any(|a| a == "-l" || a == "-a");
    let Some(pattern) = cx.args.iter().rfind(|a| !a.starts_with('-')).cloned() else {
        return cx.missing_operand();
    };
    let me = cx.sys.pid();
    let Ok(regex) = crate::text::regex::Regex::extended(&pattern, false) else { return 2 };
    let mut code = 1;
    for p in cx.sys.processes() {
        let text = if full { p.argv.join(" ") } else { p.comm.to_string() };
        if p.pid != me
            && (cx.name != "pidof" && regex.is_match(&text) || cx.name == "pidof" && *p.comm == *pattern)
        {
            code = 0;
            cx.line(if list { format!("{} {}", p.pid, p.comm) } else { p.pid.to_string() });
        }
    }
    code
}
