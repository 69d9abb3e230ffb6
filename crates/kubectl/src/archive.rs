//! tar archives, as far as `kubectl cp` needs them: files and folders in the ustar format, long names of GNU tar read.

/// A file or folder of an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub name: String,
    pub folder: bool,
    pub bytes: Vec<u8>,
}

const BLOCK: usize = 512;

/// Writes an archive.
pub fn write(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        if entry.name.len() > 100 {
            header("././@LongLink", b'L', entry.name.len() + 1, &mut out);
            padded(format!("{}\0", entry.name).as_bytes(), &mut out);
        }
        let short = entry.name.get(..100).unwrap_or(&entry.name);
        header(short, if entry.folder { b'5' } else { b'0' }, entry.bytes.len(), &mut out);
        padded(&entry.bytes, &mut out);
    }
    out.extend([0; 2 * BLOCK]);
    out
}

fn header(name: &str, kind: u8, size: usize, out: &mut Vec<u8>) {
    let mut block = [0u8; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, if kind == b'5' { b"0000755\0" } else { b"0000644\0" });
    put(108, b"0001750\0");
    put(116, b"0001750\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    out.extend(block);
}

fn padded(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

/// Reads an archive. The error is the one that is shown.
pub fn read(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    let mut long_name = None;
    let mut rest = bytes;
    while let Some((block, tail)) = rest.split_at_checked(BLOCK) {
        if block.iter().all(|byte| *byte == 0) {
            break;
        }
        let text = |from: usize, to: usize| {
            let field = &block[from..to];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
            String::from_utf8_lossy(&field[..end]).into_owned()
        };
        let size =
            usize::from_str_radix(text(124, 136).trim(), 8).map_err(|_| "archive/tar: invalid tar header")?;
        let content = tail.get(..size).ok_or("unexpected EOF")?;
        rest = tail.get(size.next_multiple_of(BLOCK)..).unwrap_or_default();
        let kind = block[156];
        let prefix = text(345, 500);
        let name = match long_name.take() {
            Some(name) => name,
            None if prefix.is_empty() || !block[257..].starts_with(b"ustar\0") => text(0, 100),
            None => format!("{prefix}/{}", text(0, 100)),
        };
        match kind {
            b'L' => long_name = Some(String::from_utf8_lossy(content).trim_end_matches('\0').to_string()),
            b'0' | 0 => entries.push(Entry { name, folder: false, bytes: content.to_vec() }),
            b'5' => entries.push(Entry { name, folder: true, bytes: Vec::new() }),
            // Links and devices are not copied, as upstream.
            _ => {}
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written is read back, long names too.
    #[test]
    fn an_archive_reads_back() {
        let entries = [
            Entry { name: "d/".into(), folder: true, bytes: Vec::new() },
            Entry { name: format!("d/{}", "x".repeat(120)), folder: false, bytes: vec![7; 600] },
            Entry { name: "empty".into(), folder: false, bytes: Vec::new() },
        ];
        assert_eq!(read(&write(&entries)), Ok(entries.to_vec()));
        assert!(read(&[1; 512]).is_err());
    }
}
