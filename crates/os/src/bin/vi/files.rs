//! Files: opening, writing, reading in, the files of the command line, leaving.

use super::ex::Line;
use super::{Mode, Vi};
use crate::bin::screen::{Text, lines_of, read_file};
use crate::{
    errno::Errno,
    kernel::{MountInfo, Sys},
};

/// What is said when a change would be lost.
const UNWRITTEN: &str = "E37: No write since last change (add ! to override)";

impl Vi {
    /// Opens a file in place of the present one.
    pub(super) fn open(&mut self, path: &str, sys: &mut Sys<'_>) {
        if self.text.path.is_some() && self.text.path.as_deref() != Some(path) {
            self.alternate.clone_from(&self.text.path);
        }
        let loaded = self.text.load(sys, path);
        if let Err(error) = loaded {
            self.text = Text { lines: vec![Vec::new()], path: Some(path.to_owned()), ..Text::default() };
            self.message = self.cannot_open(path, error);
        } else {
            self.read_only = self.is_view || (!self.text.is_new && !is_writable(sys, path));
            self.message = self.opened(path);
        }
        self.void = self.text.bytes == 0;
        (self.row, self.col, self.want, self.top, self.left) = (0, 0, 0, 0, 0);
        self.warned = false;
        self.mode = Mode::Normal;
        self.forget_changes();
        self.marks.clear();
        self.jumps.clear();
        self.jump_at = 0;
    }

    fn opened(&self, path: &str) -> String {
        let lines = if self.text.bytes == 0 { 0 } else { self.text.lines.len() };
        let bytes = self.text.bytes;
        if self.busybox {
            // The status line says all; after `:e` it is said once more.
            return String::new();
        }
        if self.text.is_new {
            return format!("\"{path}\" [New]");
        }
        let read_only = if self.read_only { "[readonly] " } else { "" };
        let noeol = if self.text.unfinished { "[noeol] " } else { "" };
        format!("\"{path}\" {read_only}{noeol}{lines}L, {bytes}B")
    }

    fn cannot_open(&self, path: &str, error: Errno) -> String {
        match (self.busybox, error) {
            (true, error) => format!("'{path}' {error}"),
            (_, Errno::EISDIR) => format!("\"{path}\" is a directory"),
            (_, Errno::EACCES) => format!("\"{path}\" [Permission Denied]"),
            (_, Errno::EFBIG) => format!("\"{path}\" E342: Out of memory!"),
            _ => format!("E484: Can't open file {path}"),
        }
    }

    /// Commands about files. False: it is none of them.
    pub(super) fn ex_file(&mut self, line: &Line<'_>, sys: &mut Sys<'_>) -> bool {
        let Line { range, bang, args, .. } = *line;
        match line.name {
            "w" | "write" | "up" | "update"
                if line.rest.trim_start().starts_with('!') && line.rest.starts_with(' ') =>
            {
                self.write_to_command(range, line.rest.trim_start()[1..].trim(), sys);
            }
            "up" | "update" if !self.text.modified => {}
            "w" | "wr" | "write" | "up" | "update" | "sav" | "saveas" => {
                if let Some(file) = args.strip_prefix(">>") {
                    self.append(file.trim(), range, sys);
                } else if line.name.starts_with("sav") && args.is_empty() {
                    self.fail("E471: Argument required");
                } else if self.save(args, bang, range, sys) && line.name.starts_with("sav") {
                    self.alternate = self.text.path.replace(args.to_owned());
                    self.mark_saved();
                }
            }
            "wq" | "x" | "xit" | "exi" | "exit" | "wqa" | "wqall" | "xa" | "xall" => {
                let needed = name_writes(line.name) || self.text.modified || !args.is_empty();
                if !needed || self.save(args, bang, range, sys) {
                    self.leave(line.name.ends_with('a') || line.name.ends_with("all"), bang);
                }
            }
            "wn" | "wnext" => {
                if self.save("", bang, None, sys) {
                    self.next_file(1, true, sys);
                }
            }
            "q" | "quit" | "qa" | "qall" | "quita" | "quitall" => {
                let all = line.name != "q" && line.name != "quit";
                if self.text.modified && !bang {
                    let text = if all && !self.busybox {
                        let name = self.text.path.as_deref().unwrap_or("[No Name]");
                        format!(
                            "E37: No write since last change\nE162: No write since last change for buffer \"{name}\""
                        )
                    } else {
                        self.unwritten("quit")
                    };
                    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
                    self.failed = true;
                    self.tell(lines);
                } else {
                    self.leave(all, bang);
                }
            }
            "cq" | "cquit" => self.exit = Some(1),
            "e" | "ed" | "edit" | "vi" | "visual" | "view" => self.edit_file(args, bang, sys),
            "n" | "ne" | "next" => self.next_file(1, bang, sys),
            "prev" | "previous" | "N" | "Next" => self.next_file(-1, bang, sys),
            "rew" | "rewind" | "fir" | "first" => self.next_file(-(self.file_at as i64), bang, sys),
            "la" | "last" => self.next_file(self.files.len() as i64 - 1 - self.file_at as i64, bang, sys),
            "bn" | "bnext" | "bp" | "bprevious" if self.files.len() > 1 => {
                let (at, total) = (self.file_at as i64, self.files.len() as i64);
                let to = (at + if line.name.starts_with("bn") { 1 } else { total - 1 }) % total;
                self.next_file(to - at, bang, sys);
            }
            "ar" | "args" => self.tell_args(),
            "ls" | "files" | "buffers" => self.tell_buffers(),
            "r" | "re" | "read" => {
                let below = line.range.map_or(self.row, |(_, to)| to);
                let above = line.text.starts_with('0');
                match line.rest.trim_start().strip_prefix('!') {
                    Some(command) => self.read_from_command(below, above, command.trim(), sys),
                    None => self.read_in(args, below, above, sys),
                }
            }
            "f" | "file" => {
                if !args.is_empty() {
                    self.alternate = self.text.path.replace(args.to_owned());
                }
                self.tell_file();
            }
            "cd" => {
                let home = sys.var("HOME").unwrap_or("/").to_owned();
                let to = if args.is_empty() { &home } else { args };
                if sys.chdir(to).is_err() {
                    self.fail(format!("E344: Can't find directory \"{to}\" in cdpath"));
                }
            }
            "pw" | "pwd" => self.message = sys.cwd().to_string(),
            _ => return false,
        }
        true
    }

    fn unwritten(&self, command: &str) -> String {
        match self.busybox {
            true => format!("No write since last change (:{command}! overrides)"),
            false => UNWRITTEN.to_owned(),
        }
    }

    /// Writes the text; says whether that worked.
    fn save(&mut self, to: &str, bang: bool, range: Option<(usize, usize)>, sys: &mut Sys<'_>) -> bool {
        let own_path = self.text.path.clone();
        let to = self.with_names(to);
        let Some(path) = (if to.is_empty() { own_path } else { Some(to) }) else {
            self.fail(if self.busybox { "No current filename" } else { "E32: No file name" });
            return false;
        };
        let own = self.text.path.as_deref() == Some(path.as_str());
        let whole = range.is_none_or(|range| range == (0, self.last_row()));
        let exists = sys.stat(&path).is_ok();
        let refusal = if self.read_only && own && !bang {
            let text = match self.busybox {
                true => format!("'{path}' is read only"),
                false => "E45: 'readonly' option is set (add ! to override)".to_owned(),
            };
            Some(text)
        } else if !own && exists && !bang && !self.busybox {
            Some("E13: File exists (add ! to override)".to_owned())
        } else if sys.stat(&path).is_ok_and(|stat| stat.is_dir()) {
            Some(format!("\"{path}\" E502: is a directory"))
        } else if !whole && own && !bang && !self.busybox {
            Some("E140: Use ! to write partial buffer".to_owned())
        } else {
            None
        };
        if let Some(text) = refusal {
            self.fail(text);
            return false;
        }
        let (from, end) = range.map_or((0, self.text.lines.len()), |(a, b)| (a, b + 1));
        let bytes = self.bytes(from, end);
        match Text::store(sys, &path, &bytes) {
            Ok(()) => {
                self.written(&path, &bytes, exists);
                if whole && (own || self.text.path.is_none()) {
                    self.text.is_new = false;
                    self.text.path = Some(path);
                    self.mark_saved();
                }
                true
            }
            Err(error) => {
                self.fail(match (self.busybox, error) {
                    (true, error) => format!("'{path}' {error}"),
                    (_, Errno::ENOSPC) => format!("\"{path}\" E514: Write error (file system full?)"),
                    _ => format!("\"{path}\" E212: Can't open file for writing"),
                });
                false
            }
        }
    }

    fn written(&mut self, path: &str, bytes: &[u8], existed: bool) {
        let lines = bytes.iter().filter(|b| **b == b'\n').count();
        self.message = match self.busybox {
            true => format!("'{path}' {lines}L, {}C", bytes.len()),
            false => {
                let new = if existed { "" } else { "[New] " };
                format!("\"{path}\" {new}{lines}L, {}B written", bytes.len())
            }
        };
    }

    /// The text of lines as it is written.
    pub(super) fn bytes(&self, from: usize, end: usize) -> Vec<u8> {
        if self.void {
            return Vec::new();
        }
        let mut out = String::new();
        for line in &self.text.lines[from..end] {
            out.extend(line);
            out.push('\n');
        }
        out.into_bytes()
    }

    /// `:w >> file`
    fn append(&mut self, path: &str, range: Option<(usize, usize)>, sys: &mut Sys<'_>) {
        let Ok(mut bytes) = read_file(sys, path) else {
            return self.fail(format!("\"{path}\" E212: Can't open file for writing"));
        };
        let (from, end) = range.map_or((0, self.text.lines.len()), |(a, b)| (a, b + 1));
        let more = self.bytes(from, end);
        bytes.extend_from_slice(&more);
        match Text::store(sys, path, &bytes) {
            Ok(()) => {
                let lines = more.iter().filter(|b| **b == b'\n').count();
                self.message = format!("\"{path}\" {lines}L, {}B appended", more.len());
            }
            Err(_) => self.fail(format!("\"{path}\" E212: Can't open file for writing")),
        }
    }

    fn leave(&mut self, all: bool, force: bool) {
        let more = self.files.len().saturating_sub(self.file_at + 1);
        if more > 0 && !all && !force && !std::mem::replace(&mut self.told_of_more, true) {
            let text = match self.busybox {
                true => format!("{more} more file(s) to edit"),
                false => format!("E173: {more} more file{} to edit", if more == 1 { "" } else { "s" }),
            };
            return self.fail(text);
        }
        self.exit = Some(0);
    }

    fn next_file(&mut self, by: i64, bang: bool, sys: &mut Sys<'_>) {
        let at = self.file_at as i64 + by;
        if self.text.modified && !bang {
            return self.fail(self.unwritten("next"));
        }
        if self.files.len() < 2 && !self.busybox {
            return self.fail("E163: There is only one file to edit");
        }
        let Some(file) = usize::try_from(at).ok().and_then(|at| self.files.get(at)).cloned() else {
            return self.fail(match (self.busybox, at < 0) {
                (true, _) => "No more files to edit",
                (_, true) => "E164: Cannot go before first file",
                _ => "E165: Cannot go beyond last file",
            });
        };
        self.file_at = at as usize;
        self.open(&file, sys);
        let (n, total) = (self.file_at + 1, self.files.len());
        if !self.busybox {
            self.message = format!("({n} of {total}) {}", self.message);
        }
    }

    fn edit_file(&mut self, args: &str, bang: bool, sys: &mut Sys<'_>) {
        if self.text.modified && !bang {
            return self.fail(self.unwritten("edit"));
        }
        let args = args.trim_start_matches("!").trim();
        let path = match args {
            "" => self.text.path.clone(),
            "#" => match self.alternate.clone() {
                Some(path) => Some(path),
                None => return self.fail("E23: No alternate file"),
            },
            args => Some(self.with_names(args)),
        };
        match path {
            Some(path) => {
                let row = if args.is_empty() { self.row } else { 0 };
                self.open(&path, sys);
                self.go_to_line(row);
                if self.busybox {
                    let (lines, bytes) = (self.text.lines.len(), self.text.bytes);
                    let new = if self.text.is_new { " [New file]" } else { "" };
                    let lines = if bytes == 0 { 0 } else { lines };
                    self.message = format!("'{path}'{new} {lines}L, {bytes}C");
                }
            }
            None => self.fail(if self.busybox { "No current filename" } else { "E32: No file name" }),
        }
    }

    /// `%` and `#` in a file name.
    fn with_names(&self, args: &str) -> String {
        match args {
            "%" => self.text.path.clone().unwrap_or_default(),
            args if args.contains('%') && self.text.path.is_some() => {
                args.replace('%', self.text.path.as_deref().unwrap_or_default())
            }
            args => args.to_owned(),
        }
    }

    fn read_in(&mut self, path: &str, below: usize, above: bool, sys: &mut Sys<'_>) {
        let path = self.with_names(path);
        let own = self.text.path.clone();
        let Some(path) = (if path.is_empty() { own } else { Some(path) }) else {
            return self.fail(if self.busybox { "No filename given" } else { "E32: No file name" });
        };
        match read_file(sys, &path) {
            Ok(bytes) => {
                let lines = self.insert_lines(&bytes, below, above);
                self.message = match self.busybox {
                    true => format!("'{path}' {lines}L, {}C", bytes.len()),
                    false => format!("\"{path}\" {lines}L, {}B", bytes.len()),
                };
            }
            Err(error) => self.fail(match self.busybox {
                true => format!("'{path}' {error}"),
                false => format!("E484: Can't open file {path}"),
            }),
        }
    }

    /// Puts the lines of a text below a line, or above the first.
    pub(super) fn insert_lines(&mut self, bytes: &[u8], below: usize, above: bool) -> usize {
        let (lines, _) = lines_of(bytes);
        let total = lines.len();
        if total > 0 {
            self.save_undo();
            let at = if above { 0 } else { below + 1 };
            self.text.lines.splice(at..at, lines);
            self.changed();
            self.go_to_line(at);
        }
        total
    }

    /// ^G and `:f`
    pub(super) fn tell_file(&mut self) {
        let name = self.text.path.as_deref().unwrap_or("[No Name]");
        let lines = self.text.lines.len();
        let mut flags = String::new();
        for (set, flag) in [
            (self.text.modified, " [Modified]"),
            (self.text.is_new, " [New]"),
            (self.read_only, " [readonly]"),
        ] {
            if set {
                flags.push_str(flag);
            }
        }
        self.message = match (self.busybox, self.void) {
            (true, _) => String::new(),
            (_, true) => format!("\"{name}\"{flags} --No lines in buffer--"),
            _ => {
                let s = if lines == 1 { "" } else { "s" };
                format!("\"{name}\"{flags} {lines} line{s} --{}%--", (self.row + 1) * 100 / lines)
            }
        };
    }

    fn tell_args(&mut self) {
        let name = |(n, file): (usize, &String)| match n == self.file_at {
            true => format!("[{file}]"),
            false => file.clone(),
        };
        self.message = self.files.iter().enumerate().map(name).collect::<Vec<_>>().join(" ");
    }

    fn tell_buffers(&mut self) {
        let own = self.text.path.clone().unwrap_or_else(|| "[No Name]".to_owned());
        let files = if self.files.is_empty() { vec![own.clone()] } else { self.files.clone() };
        let lines = files
            .iter()
            .enumerate()
            .map(|(n, file)| {
                let (mark, row) = if *file == own { ("%a", self.row + 1) } else { ("  ", 0) };
                let changed = if *file == own && self.text.modified { '+' } else { ' ' };
                format!("{:>3} {mark} {changed} {:<30} line {row}", n + 1, format!("\"{file}\""))
            })
            .collect();
        self.tell(lines);
    }
}

/// Whether a command's name asks for writing even what is unchanged.
fn name_writes(name: &str) -> bool {
    name.starts_with('w')
}

/// Whether the person may write the file.
fn is_writable(sys: &mut Sys<'_>, path: &str) -> bool {
    let absolute = if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", sys.cwd()) };
    let mounts = sys.mounts();
    let holds = |mount: &&MountInfo| mount.path == "/" || absolute.starts_with(&format!("{}/", mount.path));
    if mounts.iter().filter(holds).max_by_key(|mount| mount.path.len()).is_some_and(|mount| mount.read_only) {
        return false;
    }
    let uid = sys.uid();
    let groups = sys.groups();
    let gid = sys.gid();
    sys.stat(path).is_ok_and(|stat| {
        let bit = if stat.uid == uid {
            0o200
        } else if stat.gid == gid || groups.contains(&stat.gid) {
            0o020
        } else {
            0o002
        };
        // As in Vim, a file that nobody may write is read-only for root too.
        stat.mode & 0o222 != 0 && (uid == 0 || stat.mode & bit != 0)
    })
}
