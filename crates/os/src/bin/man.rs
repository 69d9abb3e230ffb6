//! man: a short page for each program, made from what the program says of itself.

use super::tool::{Cx, tool};
use crate::program::{ProgramSpec, ProgramTable};

pub const SPEC: ProgramSpec = ProgramSpec::inside(
    "man",
    "Usage: man [-k WORD] [SECTION] NAME...\n\nShow the manual page of a program\n",
    || tool(main),
);

fn main(cx: &mut Cx<'_, '_>) -> u8 {
    let args = std::mem::take(&mut cx.args);
    let search = args.iter().any(|a| a == "-k" || a == "--apropos") || cx.name == "apropos";
    let brief = args.iter().any(|a| a == "-f" || a == "--whatis");
    let is_section = |a: &String| a.len() == 1 && a.bytes().all(|b| b.is_ascii_digit());
    let mut names: Vec<String> = args.iter().filter(|a| !a.starts_with('-')).cloned().collect();
    if names.len() > 1 && is_section(&names[0]) {
        names.remove(0);
    }
    if names.is_empty() {
        cx.eprint("What manual page do you want?\nFor example, try 'man man'.\n");
        return 1;
    }
    let mut code = 0;
    for name in names {
        if search || brief {
            let lists: ProgramTable = cx.sys.k.programs;
            let all = lists.iter().copied().chain([super::PROGRAMS]).flatten();
            let hits: Vec<String> = all
                .filter(|p| {
                    if brief { p.name == name } else { p.name.contains(&name) || purpose(p).contains(&name) }
                })
                .map(|p| format!("{:<20} - {}", format!("{} (1)", p.name), purpose(p)))
                .collect();
            if hits.is_empty() {
                cx.eprint(format!("{name}: nothing appropriate.\n"));
                code = 16;
            }
            hits.iter().for_each(|h| cx.line(h));
            continue;
        }
        match cx.sys.k.program(&name) {
            Some(spec) => {
                let width = cx.sys.window(1).map_or(80, |(c, _)| usize::from(c)).clamp(40, 100);
                let page = page(spec, width);
                cx.print(page);
            }
            None => {
                cx.eprint(format!("No manual entry for {name}\n"));
                code = 16;
            }
        }
    }
    code
}

/// The first sentence that says what the program is for.
fn purpose(spec: &ProgramSpec) -> String {
    let mut paragraphs = spec.help.split("\n\n");
    let first = paragraphs.next().unwrap_or("");
    let rest =
        paragraphs.next().unwrap_or(if first.to_lowercase().starts_with("usage") { "" } else { first });
    let line = rest.lines().next().unwrap_or("").trim().trim_end_matches('.');
    if line.is_empty() { format!("the program {}", spec.name) } else { line.to_string() }
}

fn page(spec: &ProgramSpec, width: usize) -> String {
    let name = spec.name.to_uppercase();
    let ends = name.len() + 3;
    let middle = "User Commands";
    let gap = width.saturating_sub(2 * ends + middle.len());
    let mut text = format!(
        "{name}(1){}{middle}{}{name}(1)\n\nNAME\n       {} - {}\n\nSYNOPSIS\n",
        " ".repeat(gap / 2),
        " ".repeat(gap - gap / 2),
        spec.name,
        purpose(spec)
    );
    let (usage, body) = spec.help.split_once("\n\n").unwrap_or((spec.help, ""));
    for line in usage.lines() {
        let line = line.trim_start_matches("Usage:").trim_start_matches("usage:").trim_start_matches("or:");
        text.push_str(&format!("       {}\n", line.trim()));
    }
    if !body.trim().is_empty() {
        text.push_str("\nDESCRIPTION\n");
        for line in body.trim_end().lines() {
            let line = line.replace('\t', "    ");
            text.push_str(
                if line.is_empty() { "\n".to_string() } else { format!("       {line}\n") }.as_str(),
            );
        }
    }
    text
}
