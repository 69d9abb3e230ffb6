//! nano: its prompts, what it cuts and replaces, undo, commands.

use super::terminal::Screen;

#[test]
fn nano_writes_what_was_typed() {
    let mut s = Screen::new();
    s.keys("nano a.txt\r");
    assert!(s.rows()[0].contains("GNU nano 7.2") && s.rows()[0].contains("a.txt"), "{:?}", s.rows());
    assert!(s.rows()[9].contains("[ New File ]"), "{:?}", s.rows());
    assert!(s.rows()[10].starts_with("^G Help") && s.rows()[11].starts_with("^X Exit"), "{:?}", s.rows());
    s.keys("hello\rworld\rend");
    assert!(s.rows()[0].ends_with("Modified"), "{:?}", s.rows());
    s.keys("\x0f");
    assert_eq!(s.rows()[9], "File Name to Write: a.txt");
    s.keys("\r");
    assert!(s.rows()[9].contains("[ Wrote 3 lines ]"), "{:?}", s.rows());
    assert_eq!(s.file("/here/a.txt"), "hello\nworld\nend\n");
    s.keys("\x0b\x1b[A\x1b[A\x15x\x18");
    assert_eq!(s.rows()[9], "Save modified buffer?");
    s.keys("y\r");
    assert_eq!(s.file("/here/a.txt"), "end\nxhello\nworld\n");
}

#[test]
fn nano_searches_and_leaves_without_saving() {
    let mut s = Screen::new();
    s.write("/here/a", "one\ntwo\nthree\n");
    s.keys("nano a\r").keys("\x17two\r").keys("X");
    assert_eq!(s.rows()[2], "Xtwo");
    s.keys("\x17nope\r");
    assert!(s.rows()[9].contains("[ \"nope\" not found ]"), "{:?}", s.rows());
    s.keys("\x1bu");
    assert_eq!(s.rows()[2], "two");
    s.keys("\x18n");
    assert_eq!(s.file("/here/a"), "one\ntwo\nthree\n");
    assert!(s.rows().iter().any(|row| row == "$ nano a"), "{:?}", s.rows());
}

#[test]
fn nano_asks_before_it_overwrites_or_renames() {
    let mut s = Screen::new();
    s.write("/here/a", "one\n");
    s.write("/here/b", "two\n");
    s.keys("nano a\r").keys("X\x0f");
    assert_eq!(s.rows()[9], "File Name to Write: a");
    s.keys("\x15b\r");
    assert_eq!(s.rows()[9], "File \"b\" exists; OVERWRITE?");
    s.keys("n");
    assert_eq!(s.rows()[9], "File Name to Write: b");
    s.keys("\x15c\r");
    assert_eq!(s.rows()[9], "Save file under DIFFERENT NAME?");
    s.keys("y");
    assert!(s.rows()[9].contains("[ Wrote 1 line ]"), "{:?}", s.rows());
    assert_eq!(
        (s.file("/here/a"), s.file("/here/b"), s.file("/here/c")),
        ("one\n".into(), "two\n".into(), "Xone\n".into())
    );
    s.keys("Y\x18");
    assert_eq!(s.rows()[9], "Save modified buffer?");
    assert_eq!((s.rows()[10].trim(), s.rows()[11].as_str()), ("Y Yes", " N No      ^C Cancel"));
    s.keys("\x03");
    assert!(s.rows()[9].contains("[ Cancelled ]"), "{:?}", s.rows());
    s.keys("\x0f\r\x18");
    assert_eq!(s.file("/here/c"), "XYone\n");
    assert!(s.rows().iter().any(|row| row.starts_with("$ nano a")), "{:?}", s.rows());
    s.keys("nano /no/such\r").keys("x\x0f\r");
    assert!(s.rows()[9].contains("[ Error writing /no/such: No such file or directory ]"), "{:?}", s.rows());
}

#[test]
fn nano_replaces_cuts_marks_and_undoes() {
    let mut s = Screen::new();
    s.write("/here/a", "one two one\none\nlast one\n");
    s.keys("nano a\r").keys("\x1cone\r");
    assert_eq!(s.rows()[9], "Replace with:");
    s.keys("1\r");
    assert_eq!(s.rows()[9], "Replace this instance?");
    s.keys("yn");
    assert_eq!(s.rows()[1], "1 two one");
    s.keys("a");
    assert_eq!((s.rows()[2].as_str(), s.rows()[3].as_str()), ("1", "last 1"));
    assert!(s.rows()[9].contains("[ Replaced 3 occurrences ]"), "{:?}", s.rows());
    s.keys("\x1bu");
    assert!(s.rows()[9].contains("[ Undid replacement ]"), "{:?}", s.rows());
    s.keys("\x1bu");
    assert_eq!(s.rows()[1], "one two one");
    assert!(!s.rows()[0].ends_with("Modified"), "{:?}", s.rows());
    s.keys("\x1bu");
    assert!(s.rows()[9].contains("[ Nothing to undo ]"), "{:?}", s.rows());
    s.keys("\x1be");
    assert!(s.rows()[9].contains("[ Redid replacement ]"), "{:?}", s.rows());
    s.keys("\x1bu\x1b\\\x1ba");
    assert!(s.rows()[9].contains("[ Mark Set ]"), "{:?}", s.rows());
    s.keys("\x1b[C\x1b[C\x1b[C\x1b[C\x0b");
    assert_eq!(s.rows()[1], "two one");
    s.keys("\x05\x15");
    assert_eq!(s.rows()[1], "two oneone");
    s.keys("\x1b\\\x0b\x0b\x15\x15");
    let rows = s.rows();
    assert_eq!((rows[1].as_str(), rows[2].as_str(), rows[3].as_str()), ("two oneone", "one", "two oneone"));
    s.keys("\x03");
    assert!(s.rows()[9].contains("[ line 5/6 (83%), col  1/ 9 ( 11%), char "), "{:?}", s.rows());
    s.keys("\x1f2,2\r\x03");
    assert!(s.rows()[9].contains("[ line 2/6 (33%), col  2/ 4 ( 50%), char "), "{:?}", s.rows());
    s.keys("\x1f0\r");
    assert!(s.rows()[9].contains("[ Invalid line or column number ]"), "{:?}", s.rows());
    s.keys("\x11last\r");
    assert!(s.rows()[9].contains("[ Search Wrapped ]"), "{:?}", s.rows());
    s.keys("\x0c\x07");
    assert!(s.rows()[1].starts_with(" ^G  Leave this help"), "{:?}", s.rows());
    s.keys("\x18\x18n");
    assert_eq!(s.file("/here/a"), "one two one\none\nlast one\n");
}

#[test]
fn nano_runs_a_command_and_is_stopped() {
    let mut s = Screen::new();
    s.keys("nano a\r").keys("\x14echo from; echo the shell\r");
    assert_eq!((s.rows()[1].as_str(), s.rows()[2].as_str()), ("from", "the shell"));
    s.keys("\x14|sort -r\r");
    assert_eq!((s.rows()[1].as_str(), s.rows()[2].as_str()), ("the shell", "from"));
    s.keys("\x1a");
    assert!(s.rows()[9].contains("[ To suspend, type ^T^Z ]"), "{:?}", s.rows());
    s.keys("\x14\x1a");
    assert!(s.rows().join("\n").contains("[1]+  Stopped"), "{:?}", s.rows());
    s.keys("fg\r");
    assert_eq!(s.rows()[1], "the shell");
    s.keys("\x18n");
}
