//! Configuration files: sections of `name = value`, with variables, quotes, comments and continued lines.

/// What every machine has in /etc/ssl/openssl.cnf, as far as it matters here.
pub const DEFAULT: &str = include_str!("openssl.cnf");

/// A file that was read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Config {
    sections: Vec<(String, Vec<(String, String)>)>,
}

impl Config {
    /// Reads a file; Err is the number of the line that makes no sense.
    pub fn parse(text: &str) -> Result<Config, usize> {
        let mut config = Config { sections: vec![("default".to_string(), Vec::new())] };
        let mut at = 0;
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let mut line = line.to_string();
            while line.ends_with('\\') {
                line.pop();
                line.push_str(lines.next().map_or("", |(_, l)| l));
            }
            let line = uncommented(&line);
            let line = line.trim();
            if line.is_empty() || line.starts_with('.') {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                let name = rest.split(']').next().filter(|_| rest.contains(']')).ok_or(number + 1)?.trim();
                at = config.place(name);
                continue;
            }
            let (name, value) = line.split_once('=').ok_or(number + 1)?;
            let value = config.expanded(at, value.trim());
            // A name may say its section itself.
            let (place, name) = match name.trim().split_once("::") {
                Some((section, name)) => (config.place(section), name),
                None => (at, name.trim()),
            };
            config.sections[place].1.push((name.to_string(), value));
        }
        Ok(config)
    }

    fn place(&mut self, name: &str) -> usize {
        match self.sections.iter().position(|(n, _)| n == name) {
            Some(at) => at,
            None => {
                self.sections.push((name.to_string(), Vec::new()));
                self.sections.len() - 1
            }
        }
    }

    /// The lines of a section.
    pub fn section(&self, name: &str) -> Option<&[(String, String)]> {
        self.sections.iter().find(|(n, _)| n == name).map(|(_, lines)| lines.as_slice())
    }

    /// A value of a section, or else of the file's beginning.
    pub fn get(&self, section: &str, name: &str) -> Option<&str> {
        let look = |section: &str| {
            self.section(section)?.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
        };
        look(section).or_else(|| look("default"))
    }

    /// Puts in variables, takes quotes and escapes away.
    fn expanded(&self, at: usize, text: &str) -> String {
        let mut out = String::new();
        let mut chars = text.chars().peekable();
        let mut quote = None;
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    other => out.extend(other),
                },
                '"' | '\'' if quote.is_none() => quote = Some(c),
                c if quote == Some(c) => quote = None,
                '$' if quote.is_none() => {
                    let close =
                        chars.next_if(|c| matches!(c, '{' | '(')).map(|c| if c == '{' { '}' } else { ')' });
                    let mut name = String::new();
                    while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))
                    {
                        name.push(c);
                    }
                    chars.next_if(|c| Some(*c) == close);
                    let (section, name) = name.split_once("::").unwrap_or((&self.sections[at].0, &name));
                    out.push_str(self.get(section, name).unwrap_or(""));
                }
                c => out.push(c),
            }
        }
        out
    }
}

/// The line without what follows `#`, unless that is quoted or escaped.
fn uncommented(line: &str) -> String {
    let mut quote = None;
    let mut escaped = false;
    for (i, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            c if quote == Some(c) => quote = None,
            '#' if quote.is_none() => return line[..i].to_string(),
            _ => {}
        }
    }
    line.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_openssl_reads_them() {
        let text = "dir = /ca # here\n[ a ]\nx = $dir/sub\ny=\"q # not\" \nlong = one, \\\n two\n[b]\nz = ${a::x}!\n a::late = 1\n";
        let config = Config::parse(text).unwrap();
        assert_eq!(config.get("a", "x"), Some("/ca/sub"));
        assert_eq!(config.get("a", "y"), Some("q # not"));
        assert_eq!(config.get("a", "long"), Some("one,  two"));
        assert_eq!(config.get("b", "z"), Some("/ca/sub!"));
        assert_eq!(config.get("a", "late"), Some("1"));
        assert_eq!(config.get("b", "dir"), Some("/ca"));
        assert_eq!(config.section("c"), None);
        assert_eq!(Config::parse("[x]\nfoo\n"), Err(2));
        assert!(Config::parse(DEFAULT).unwrap().section("v3_ca").is_some());
    }
}
