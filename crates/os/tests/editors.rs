//! The editors as a person sees them: keys go in, a terminal emulator shows the screen.

// How many keys are typed is asked of the environment.
#![allow(clippy::disallowed_methods)]

#[path = "editors/keys.rs"]
mod keys;
#[path = "editors/nano.rs"]
mod nano;
#[path = "screen/terminal.rs"]
mod terminal;

use terminal::Screen;

/// What a file becomes by some keys in vi.
fn vi(text: &str, keys: &str) -> String {
    let mut s = Screen::new();
    s.write("/here/f", text);
    s.keys("vi f\r").keys(keys).keys("\x1b").keys(":wq\r");
    assert!(s.last().is_empty() || s.rows().iter().any(|row| row.starts_with('$')), "{:?}", s.rows());
    s.file("/here/f")
}

#[test]
fn vi_shows_a_file_its_size_and_tildes() {
    let mut s = Screen::new();
    s.write("/here/a.yaml", "kind: Pod\nmetadata:\n  name: a\n");
    s.keys("vi a.yaml\r");
    let rows = s.rows();
    assert_eq!(&rows[..5], ["kind: Pod", "metadata:", "  name: a", "~", "~"]);
    assert_eq!(rows[11], "\"a.yaml\" 3L, 30B                          1,1           All");
    s.keys("jA # here\x1b");
    assert_eq!(s.rows()[1], "metadata: # here");
    s.keys("i");
    assert!(s.last().starts_with("-- INSERT --"), "{}", s.last());
    s.keys("\x1b:q\r");
    assert!(s.last().starts_with("E37: No write since last change (add ! to override)"), "{}", s.last());
    s.keys(":w\r");
    assert!(s.last().starts_with("\"a.yaml\" 3L, 37B written"), "{}", s.last());
    s.keys(":set nu\r");
    assert_eq!(s.rows()[0], "  1 kind: Pod");
    s.resize(40, 8);
    assert_eq!(s.rows().len(), 8);
    assert_eq!(s.rows()[0], "  1 kind: Pod");
    s.keys("ZZ");
    assert_eq!(s.rows()[0], "$ vi a.yaml");
    assert_eq!(s.file("/here/a.yaml"), "kind: Pod\nmetadata: # here\n  name: a\n");
}

#[test]
fn vi_begins_a_file() {
    let mut s = Screen::new();
    s.keys("vi new\r");
    assert!(s.last().starts_with("\"new\" [New]"), "{}", s.last());
    s.keys("ione\rtwo\x1b:x\r");
    assert_eq!(s.file("/here/new"), "one\ntwo\n");
    s.keys("vi other\r").keys("ix\x1b:q!\r");
    assert_eq!(s.file("/here/other"), "");
}

#[test]
fn vi_changes_text() {
    let text = "one two three\nfour five\nsix\n";
    for (keys, wanted) in [
        ("x", "ne two three\nfour five\nsix\n"),
        ("3x", " two three\nfour five\nsix\n"),
        ("dw", "two three\nfour five\nsix\n"),
        ("wdwx", "one hree\nfour five\nsix\n"),
        ("wcwTWO", "one TWO three\nfour five\nsix\n"),
        ("wDix", "onex \nfour five\nsix\n"),
        ("dd", "four five\nsix\n"),
        ("2dd", "six\n"),
        ("ddp", "four five\none two three\nsix\n"),
        ("yyp", "one two three\none two three\nfour five\nsix\n"),
        ("yyGp", "one two three\nfour five\nsix\none two three\n"),
        ("J", "one two three four five\nsix\n"),
        ("rX", "Xne two three\nfour five\nsix\n"),
        ("~", "One two three\nfour five\nsix\n"),
        ("onew", "one two three\nnew\nfour five\nsix\n"),
        ("Onew", "new\none two three\nfour five\nsix\n"),
        ("A!", "one two three!\nfour five\nsix\n"),
        ("wi-", "one -two three\nfour five\nsix\n"),
        ("ea-", "one- two three\nfour five\nsix\n"),
        ("$bC3", "one two 3\nfour five\nsix\n"),
        ("ccnew", "new\nfour five\nsix\n"),
        ("jI# \x1bj.", "one two three\n# four five\n# six\n"),
        ("xu", "one two three\nfour five\nsix\n"),
        ("xxuu\x12", "ne two three\nfour five\nsix\n"),
        ("Gdgg", ""),
        ("dG", ""),
        ("Vjd", "six\n"),
        ("wved", "one  three\nfour five\nsix\n"),
        ("wyiwP", "one twotwo three\nfour five\nsix\n"),
        ("fed^", "e two three\nfour five\nsix\n"),
        ("dtt", "two three\nfour five\nsix\n"),
        ("/five\rx", "one two three\nfour ive\nsix\n"),
        ("d/three\r", "three\nfour five\nsix\n"),
        ("2Gdd", "one two three\nsix\n"),
        (":2\rdd", "one two three\nsix\n"),
        (":2d\r", "one two three\nsix\n"),
        (":%s/o/0/g\r", "0ne tw0 three\nf0ur five\nsix\n"),
        (":s/t/T/\r", "one Two three\nfour five\nsix\n"),
        (":1,2s/\\(.*\\) /<\\1>/\r", "<one two>three\n<four>five\nsix\n"),
        (":g/i/d\r", "one two three\n"),
        (":1m$\r", "four five\nsix\none two three\n"),
        (":set sw=2 et\r>>", "  one two three\nfour five\nsix\n"),
        (":set ts=4 et\ri\t", "    one two three\nfour five\nsix\n"),
        ("3ix", "xxxone two three\nfour five\nsix\n"),
        ("dwj.", "two three\nfive\nsix\n"),
        ("yy2P", "one two three\none two three\none two three\nfour five\nsix\n"),
        ("xp", "noe two three\nfour five\nsix\n"),
        ("RXYZ", "XYZ two three\nfour five\nsix\n"),
    ] {
        assert_eq!(vi(text, keys), wanted, "{keys:?}");
    }
}

#[test]
fn vi_complains_in_its_own_words() {
    let mut s = Screen::new();
    s.keys("vi\r");
    for (keys, wanted) in [
        (":w\r", "E32: No file name"),
        (":nope\r", "E492: Not an editor command: nope"),
        ("/nothing\r", "E486: Pattern not found: nothing"),
        ("u", "Already at oldest change"),
        (":set foo\r", "E518: Unknown option: foo"),
    ] {
        s.keys(keys);
        assert!(s.last().starts_with(wanted), "{keys:?}: {}", s.last());
    }
}

/// `\n`, `\e` and the like in the files of cases.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('e') => out.push('\u{1b}'),
            Some('t') => out.push('\t'),
            Some('b') => out.push('\u{8}'),
            Some('^') => out.extend(chars.next().map(|c| (c as u8 & 31) as char)),
            Some(c) => out.push(c),
            None => {}
        }
    }
    out
}

/// What keys make of a text is what Vim 9 makes of it: `editors/vi.txt` was written by Vim itself (`vim -u NONE -N
/// --cmd 'set bs=2'`). A line is the keys and the text afterwards; `=` begins another text. Lines with `!` differ, and
/// say why.
#[test]
fn vi_does_what_vim_does() {
    let mut text = String::new();
    let mut wrong = Vec::new();
    for line in include_str!("editors/vi.txt").lines() {
        if let Some(new) = line.strip_prefix("= ") {
            text = unescape(new);
            continue;
        }
        let Some((keys, wanted)) = line.split_once(" ⇒ ") else { continue };
        if keys.starts_with("! ") {
            continue;
        }
        let got = vi(&text, &unescape(keys));
        if got != unescape(wanted) {
            wrong.push(format!(
                "{keys}\n  vim: {wanted}\n  we:  {}",
                got.replace('\n', "\\n").replace('\t', "\\t")
            ));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// A screen with vi on a file.
fn opened(text: &str) -> Screen {
    let mut s = Screen::new();
    s.write("/here/f", text);
    s.keys("vi f\r");
    s
}

const THREE: &str = "one two three\nfour five\nsix\n";

#[test]
fn vi_runs_commands_of_the_shell() {
    let mut s = opened(THREE);
    s.keys(":!echo hi; pwd\r");
    let rows = s.rows().join("\n");
    assert!(rows.contains(":!echo hi; pwd\nhi\n/here\n\nPress ENTER or type command to continue"), "{rows}");
    s.keys("\r");
    assert_eq!(s.rows()[0], "one two three");
    // Another key than Enter is one for the editor.
    s.keys(":!true\r").keys(":2\r").keys("x");
    assert_eq!(s.rows()[1], "our five");
    s.keys(":!sh -c 'exit 3'\r");
    assert!(s.rows().join("\n").contains("shell returned 3"), "{:?}", s.rows());
    s.keys("\r:w !wc -l\r");
    assert!(s.rows().contains(&"3".to_string()), "{:?}", s.rows());
    s.keys("\r:.!cat /no/such\r");
    assert_eq!(s.rows()[1], "cat: /no/such: No such file or directory");
    assert!(s.last().starts_with("shell returned 1"), "{}", s.last());
    s.keys("u:!cat\r").keys("hello\r");
    assert!(s.rows().iter().filter(|row| *row == "hello").count() == 2, "{:?}", s.rows());
    s.keys("\x03");
    assert!(s.last().starts_with("Press ENTER"), "{:?}", s.rows());
    s.keys("\r:q!\r");
    assert!(s.rows().iter().any(|row| row == "$"), "{:?}", s.rows());
}

#[test]
fn vi_is_stopped_and_comes_back() {
    let mut s = opened(THREE);
    s.keys("x\x1a");
    let rows = s.rows().join("\n");
    assert!(rows.contains("[1]+  Stopped") && rows.contains("vi f"), "{rows}");
    s.keys("echo between\r");
    assert!(s.rows().contains(&"between".to_string()), "{:?}", s.rows());
    s.keys("fg\r");
    assert_eq!(s.rows()[0], "ne two three");
    s.keys(":stop\r").keys("fg\r").keys(":wq\r");
    assert_eq!(s.file("/here/f"), "ne two three\nfour five\nsix\n");
}

#[test]
fn vi_asks_before_each_substitution() {
    let mut s = opened(THREE);
    s.keys(":%s/o/0/gc\r");
    assert_eq!(s.last(), "replace with 0 (y/n/a/q/l/^E/^Y)?");
    s.keys("n");
    assert_eq!(s.rows()[0], "one two three");
    s.keys("ya");
    assert_eq!((s.rows()[0].as_str(), s.rows()[1].as_str()), ("one tw0 three", "f0ur five"));
    s.keys("u");
    assert_eq!((s.rows()[0].as_str(), s.rows()[1].as_str()), ("one two three", "four five"));
    s.keys(":%s/zzz/y/gc\r");
    assert!(s.last().starts_with("E486: Pattern not found: zzz"), "{}", s.last());
    s.keys(":%s/e/E/g\r");
    assert!(s.last().starts_with("4 substitutions on 2 lines"), "{}", s.last());
}

#[test]
fn vi_says_what_it_did() {
    let mut s = opened(&THREE.repeat(3));
    let mut wrong = Vec::new();
    for (keys, wanted) in [
        ("3dd", "3 fewer lines"),
        ("u", "3 more lines; before #1  0 seconds ago"),
        ("\x12", "3 fewer lines; after #1  0 seconds ago"),
        ("\x12", "Already at newest change"),
        ("3yy", "3 lines yanked"),
        ("p", "3 more lines"),
        (":undo\r", "3 fewer lines; before #2  0 seconds ago"),
        ("3>>", "3 lines >ed 1 time"),
        ("u", "3 changes; before #3  0 seconds ago"),
        ("x", ""),
        ("u", "1 change; before #4  0 seconds ago"),
        (":w\r", "\"f\" 6L, 56B written"),
        ("\x07", "\"f\" 6 lines --16%--"),
        (":w g\r", "\"g\" [New] 6L, 56B written"),
        (":w g\r", "E13: File exists (add ! to override)"),
        (":1,2w! h\r", "\"h\" [New] 2L, 24B written"),
        (":w /no/such\r", "\"/no/such\" E212: Can't open file for writing"),
        (":1,2w\r", "E140: Use ! to write partial buffer"),
        (":r /no/such\r", "E484: Can't open file /no/such"),
        (":r h\r", "\"h\" 2L, 24B"),
        (":q\r", "E37: No write since last change (add ! to override)"),
        (":e g\r", "E37: No write since last change (add ! to override)"),
        (":e! g\r", "\"g\" 6L, 56B"),
        (":e #\r", "\"f\" 6L, 56B"),
        (":n\r", "E163: There is only one file to edit"),
        ("/zzz\r", "E486: Pattern not found: zzz"),
        ("/one\r", "/one"),
        ("ggn", "/one"),
        ("GN", "?one"),
        ("ggN", "search hit TOP, continuing at BOTTOM"),
        ("n", "search hit BOTTOM, continuing at TOP"),
        (":set nows\rGn", "E385: Search hit BOTTOM without match for: one"),
        ("'z", "E20: Mark not set"),
        (":'zd\r", "E20: Mark not set"),
        (":99d\r", "E16: Invalid range"),
        (":3,1d\r", "E493: Backwards range given"),
        (":m\r", "E14: Invalid address"),
        (":1,3m2\r", "E134: Cannot move a range of lines into itself"),
        (":d x y\r", "E488: Trailing characters: y"),
        (":wibble\r", "E492: Not an editor command: wibble"),
        ("\"zp", "E353: Nothing in register z"),
        (":s\r", "E35: No previous regular expression"),
        (":s/zz/y/\r", "E486: Pattern not found: zz"),
        (":s/a/b/x\r", "E488: Trailing characters: x"),
        (":g/six/s/s/S/\r", ""),
        (":%s/S/s/n\r", "2 matches on 2 lines"),
        (":v/./d\r", "E538: Pattern found in every line: ."),
        (":set ts\r", "  tabstop=8"),
        (":set ts=0\r", "E487: Argument must be positive: ts=0"),
        (":set ts=x\r", "E521: Number required after =: ts=x"),
        (":set nu?\r", "nonumber"),
        (":set nu!\r", ""),
        (":set nu?\r", "  number"),
        (":set cul\r", "E519: Option not supported: cul"),
        (":syntax on\r", "E319: Sorry, the command is not available in this version"),
        (":!\r", "E471: Argument required"),
        (":!!\r", "E34: No previous command"),
        (":qa\r", "E37: No write since last change"),
    ] {
        s.keys(keys);
        // The ruler stands on the right, unless the message needs its place.
        let last = s.last();
        let ruler = last.ends_with("All") || last.ends_with("Top") || last.ends_with("Bot");
        let shown = if ruler { last.chars().take(42).collect::<String>() } else { last };
        let shown = shown.trim_end();
        let other = s.rows().iter().any(|row| row == wanted);
        if shown != wanted && !(keys == ":qa\r" && other) {
            wrong.push(format!("{keys:?}: {shown:?}, not {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn vi_knows_what_it_may_not_write() {
    let mut s = Screen::new();
    s.write("/here/ro", "text\n");
    s.keys("chmod 444 ro; vi ro\r");
    assert!(s.last().starts_with("\"ro\" [readonly] 1L, 5B"), "{}", s.last());
    s.keys("x");
    assert!(s.last().starts_with("W10: Warning: Changing a readonly file"), "{}", s.last());
    s.keys(":w\r");
    assert!(s.last().starts_with("E45: 'readonly' option is set (add ! to override)"), "{}", s.last());
    s.keys(":q!\r").keys("vi /here\r");
    assert!(s.last().starts_with("\"/here\" is a directory"), "{}", s.last());
    s.keys(":q\r").keys("printf end > noeol; vi noeol\r");
    assert!(s.last().starts_with("\"noeol\" [noeol] 1L, 3B"), "{}", s.last());
    s.keys(":q\r").keys("vi one two\r");
    assert!(s.rows().iter().any(|row| row == "2 files to edit"), "{:?}", s.rows());
    s.keys("\r:q\r");
    assert!(s.last().starts_with("E173: 1 more file to edit"), "{}", s.last());
    s.keys(":n\r");
    assert!(s.last().starts_with("(2 of 2) \"two\" [New]"), "{}", s.last());
    s.keys(":q\r");
    assert!(!s.rows().iter().any(|row| row == "~"), "{:?}", s.rows());
    // Nothing is left beside the files: no swap file.
    s.keys("clear; ls -A\r");
    assert_eq!(s.rows()[0], "noeol  ro");
}

#[test]
fn vi_shows_numbers_lists_matches_and_selections() {
    let mut s = opened("a\tb\nlong long\nlast\n");
    s.keys(":set nu\r");
    assert_eq!(s.rows()[1], "  2 long long");
    s.keys(":set rnu\rj");
    assert_eq!((s.rows()[0].as_str(), s.rows()[1].as_str()), ("  1 a       b", "2   long long"));
    s.keys(":set nornu nonu list\r");
    assert_eq!((s.rows()[0].as_str(), s.rows()[1].as_str()), ("a^Ib$", "long long$"));
    s.keys(":set nolist hls\r/long\r");
    let color = |s: &Screen, row: u16, col: u16| s.terminal.screen().cell(row, col).unwrap().bgcolor();
    assert_ne!(color(&s, 1, 0), vt100::Color::Default);
    assert_eq!(color(&s, 2, 0), vt100::Color::Default);
    s.keys(":noh\r");
    assert_eq!(color(&s, 1, 0), vt100::Color::Default);
    s.keys("0vl");
    assert!(s.last().starts_with("-- VISUAL --"), "{}", s.last());
    let inverse = |s: &Screen, col: u16| s.terminal.screen().cell(1, col).unwrap().inverse();
    assert!(inverse(&s, 0) && inverse(&s, 1) && !inverse(&s, 2));
    s.keys("V");
    assert!(s.last().starts_with("-- VISUAL LINE --"), "{}", s.last());
    s.keys("\x16");
    assert!(s.last().starts_with("-- VISUAL BLOCK --"), "{}", s.last());
    s.keys("\x1bqa");
    assert!(s.last().starts_with("recording @a"), "{}", s.last());
    s.keys("q");
    assert!(!s.last().contains("recording"), "{}", s.last());
    s.keys(":set nowrap\rA").keys(&"x".repeat(70));
    assert!(
        s.rows()[1].len() <= 60 && s.rows()[2].starts_with("") && s.rows()[1].contains("xxxx"),
        "{:?}",
        s.rows()
    );
    s.keys("\x1b:set all\r");
    assert!(s.last().starts_with("Press ENTER"), "{:?}", s.rows());
    s.keys("\r\"ayy:reg a\r");
    assert!(s.rows().iter().any(|row| row.starts_with("  l  \"a   long long")), "{:?}", s.rows());
}

#[test]
fn vi_scrolls_as_asked() {
    let mut s = Screen::new();
    s.keys("seq 1 100 > n; vi n\r");
    let top = |s: &mut Screen, keys: &str| s.keys(keys).rows()[0].clone();
    assert_eq!(top(&mut s, "50Gzt"), "50");
    assert_eq!(top(&mut s, "zz"), "45");
    assert_eq!(top(&mut s, "zb"), "40");
    assert_eq!(top(&mut s, "\x05"), "41");
    assert_eq!(top(&mut s, "3\x19"), "38");
    assert_eq!(top(&mut s, "gg\x06"), "10");
    assert_eq!(top(&mut s, "\x02"), "1");
    assert_eq!(top(&mut s, "\x04"), "6");
    assert_eq!(top(&mut s, "\x15"), "1");
    s.keys("L");
    assert!(s.last().contains("11,1"), "{}", s.last());
    s.keys("M");
    assert!(s.last().contains("6,1"), "{}", s.last());
    s.keys("70G''");
    assert!(s.last().contains("6,1"), "{}", s.last());
    s.keys("\x0f");
    assert!(s.last().contains("70,1"), "{}", s.last());
    s.keys("90%");
    assert!(s.last().contains("90,1"), "{}", s.last());
}

#[test]
fn macros_that_never_end_do() {
    let mut s = opened(THREE);
    s.keys("qaix\x1b@aq@a");
    s.keys(":let\r");
    assert!(s.last().starts_with("E319"), "{}", s.last());
    s.keys("qbAy\x1bq100000@b\x1b:q!\r");
    assert!(!s.rows().iter().any(|row| row == "~"), "{:?}", s.rows());
}

#[test]
fn busybox_vi_is_a_smaller_one() {
    let mut s = Screen::of(kubarium_os::Flavour::BusyBox);
    s.write("/here/f", THREE);
    s.keys("vi f\r");
    assert_eq!(s.last(), "- f 1/3 33%");
    s.keys("i");
    assert_eq!(s.last(), "I f 1/3 33%");
    s.keys("x\x1b");
    assert_eq!(s.last(), "- f [Modified] 1/3 33%");
    for (keys, wanted) in [
        (":q\r", "No write since last change (:quit! overrides)"),
        (":w\r", "'f' 3L, 29C"),
        ("v", "'v' is not implemented"),
        ("qa", "'q' is not implemented"),
        ("diw", "'i' is not implemented"),
        ("yy", "Yank 1 lines (15 chars) from [D]"),
        ("p", "Put 1 lines (15 chars) from [D]"),
        ("dd", "Delete 1 lines (15 chars) from [D]"),
        ("/zzz\r", "Pattern not found"),
        (":g/x/d\r", "'g/x/d' is not implemented"),
        (":s/zz/y/\r", "No match"),
        (":e! g\r", "'g' [New file] 0L, 0C"),
    ] {
        s.keys(keys);
        assert_eq!(s.last(), wanted, "{keys:?}");
    }
    s.keys(":q\r");
    assert_eq!(s.file("/here/f"), "xone two three\nfour five\nsix\n");
}
