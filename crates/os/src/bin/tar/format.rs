//! The tar format: 512-byte headers, as GNU tar writes them; pax and ustar are read too.

/// What a member is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    File,
    Dir,
    Link(String),
    Hard(String),
}

impl Kind {
    /// The letter that `ls -l` shows.
    pub fn letter(&self) -> char {
        match self {
            Kind::File => '-',
            Kind::Dir => 'd',
            Kind::Link(_) => 'l',
            Kind::Hard(_) => 'h',
        }
    }
}

/// One member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its path; a directory's ends with a slash.
    pub name: String,
    /// Permission bits.
    pub mode: u32,
    /// Owner and group, by number and by name.
    pub uid: u32,
    pub gid: u32,
    pub user: String,
    pub group: String,
    /// When it was changed, in seconds.
    pub mtime: i64,
    pub kind: Kind,
    /// A file's content.
    pub data: Vec<u8>,
}

const BLOCK: usize = 512;
/// An archive's length is a multiple of this.
const RECORD: usize = 20 * BLOCK;

/// Adds a member to an archive.
pub fn append(out: &mut Vec<u8>, entry: &Entry) {
    let target = match &entry.kind {
        Kind::Link(to) | Kind::Hard(to) => to.as_str(),
        _ => "",
    };
    for (text, letter) in [(target, b'K'), (entry.name.as_str(), b'L')] {
        if text.len() > 100 {
            header(out, "././@LongLink", "", text.len() as u64 + 1, letter, None);
            out.extend(text.bytes());
            out.push(0);
            pad(out, BLOCK);
        }
    }
    let letter = match entry.kind {
        Kind::File => b'0',
        Kind::Hard(_) => b'1',
        Kind::Link(_) => b'2',
        Kind::Dir => b'5',
    };
    header(out, &entry.name, target, entry.data.len() as u64, letter, Some(entry));
    out.extend_from_slice(&entry.data);
    pad(out, BLOCK);
}

/// What an archive of `len` bytes ends with.
pub fn end(len: usize) -> Vec<u8> {
    vec![0; (len + 2 * BLOCK).next_multiple_of(RECORD) - len]
}

fn pad(out: &mut Vec<u8>, unit: usize) {
    out.resize(out.len().next_multiple_of(unit), 0);
}

fn header(out: &mut Vec<u8>, name: &str, target: &str, size: u64, letter: u8, entry: Option<&Entry>) {
    let mut block = [0u8; BLOCK];
    let mut put = |at: usize, width: usize, bytes: &[u8]| {
        let n = bytes.len().min(width);
        block[at..at + n].copy_from_slice(&bytes[..n]);
    };
    let octal = |value: u64, digits: usize| format!("{value:0digits$o}\0").into_bytes();
    put(0, 100, name.as_bytes());
    put(100, 8, &octal(u64::from(entry.map_or(0o644, |e| e.mode)), 7));
    put(108, 8, &octal(u64::from(entry.map_or(0, |e| e.uid)), 7));
    put(116, 8, &octal(u64::from(entry.map_or(0, |e| e.gid)), 7));
    put(124, 12, &octal(size, 11));
    put(136, 12, &octal(entry.map_or(0, |e| e.mtime.max(0)) as u64, 11));
    put(148, 8, b"        ");
    put(156, 1, &[letter]);
    put(157, 100, target.as_bytes());
    put(257, 8, b"ustar  \0");
    put(265, 31, entry.map_or("root", |e| &e.user).as_bytes());
    put(297, 31, entry.map_or("root", |e| &e.group).as_bytes());
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    out.extend(block);
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn octal(bytes: &[u8]) -> u64 {
    let text = text(bytes);
    u64::from_str_radix(text.trim(), 8).unwrap_or(0)
}

/// Goes through an archive member by member.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    at: usize,
    long_name: Option<String>,
    long_target: Option<String>,
    any: bool,
}

/// What comes next in an archive.
#[derive(Clone, Debug)]
pub enum Next {
    Member(Entry),
    /// It ended as it should.
    End,
    /// It ended too early.
    Short,
    /// It is no archive.
    Junk,
}

impl Reader {
    /// The next member of `bytes`, the same in every call.
    pub fn next(&mut self, bytes: &[u8]) -> Next {
        while let Some(block) = bytes.get(self.at..self.at + BLOCK) {
            if block.iter().all(|b| *b == 0) {
                return Next::End;
            }
            let sum: u32 = block
                .iter()
                .enumerate()
                .map(|(i, b)| if (148..156).contains(&i) { 32 } else { u32::from(*b) })
                .sum();
            if u64::from(sum) != octal(&block[148..156]) {
                return if self.any { Next::Short } else { Next::Junk };
            }
            self.any = true;
            let start = self.at + BLOCK;
            let size = usize::try_from(octal(&block[124..136])).unwrap_or(usize::MAX);
            let Some(data) = bytes.get(start..start.saturating_add(size)) else { return Next::Short };
            self.at = start + size.next_multiple_of(BLOCK);
            match block[156] {
                b'L' => self.long_name = Some(text(data)),
                b'K' => self.long_target = Some(text(data)),
                b'x' => {
                    for (key, value) in pax(data) {
                        match key.as_str() {
                            "path" => self.long_name = Some(value),
                            "linkpath" => self.long_target = Some(value),
                            _ => {}
                        }
                    }
                }
                b'g' => {}
                letter => return Next::Member(self.member(block, letter, data)),
            }
        }
        if bytes.is_empty() || self.any { Next::End } else { Next::Junk }
    }

    fn member(&mut self, block: &[u8], letter: u8, data: &[u8]) -> Entry {
        let short = text(&block[..100]);
        let prefix = if &block[257..263] == b"ustar\0" { text(&block[345..500]) } else { String::new() };
        let short = if prefix.is_empty() { short } else { format!("{prefix}/{short}") };
        let name = self.long_name.take().unwrap_or(short);
        let target = self.long_target.take().unwrap_or_else(|| text(&block[157..257]));
        let kind = match letter {
            b'1' => Kind::Hard(target),
            b'2' => Kind::Link(target),
            b'5' => Kind::Dir,
            _ if name.ends_with('/') => Kind::Dir,
            _ => Kind::File,
        };
        Entry {
            name,
            mode: octal(&block[100..108]) as u32 & 0o7777,
            uid: octal(&block[108..116]) as u32,
            gid: octal(&block[116..124]) as u32,
            user: text(&block[265..297]),
            group: text(&block[297..329]),
            mtime: octal(&block[136..148]) as i64,
            kind,
            data: data.to_vec(),
        }
    }
}

/// The records of a pax header: `LENGTH KEY=VALUE\n`.
fn pax(data: &[u8]) -> Vec<(String, String)> {
    let all = String::from_utf8_lossy(data).into_owned();
    all.lines()
        .filter_map(|l| l.split_once(' ')?.1.split_once('='))
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .collect()
}
