//! Full-screen programs as a person sees them: keys go in, a terminal emulator shows the screen.

#[path = "screen/terminal.rs"]
mod terminal;

use terminal::Screen;

#[test]
fn less_pages_searches_and_ends() {
    let mut s = Screen::new();
    s.keys("seq 1 30 > n; less n\r");
    assert_eq!((s.rows()[0].as_str(), s.rows()[10].as_str(), s.last().as_str()), ("1", "11", "n"));
    s.keys(" ");
    assert_eq!((s.rows()[0].as_str(), s.last().as_str()), ("12", ":"));
    s.keys("G");
    assert_eq!((s.rows()[10].as_str(), s.last().as_str()), ("30", "(END)"));
    s.keys("g/15\r");
    assert_eq!(s.rows()[0], "15");
    s.keys("bq");
    assert!(s.rows()[0].starts_with("$ seq 1 30"), "{:?}", s.rows());
    s.keys("seq 1 100 | less -N\r");
    assert_eq!(s.rows()[0], "      1 1");
    s.keys("50g");
    assert_eq!(s.rows()[0], "     50 50");
    s.keys("qless n | head -1\r");
    assert!(s.rows().iter().any(|row| row == "1"), "{:?}", s.rows());
}

#[test]
fn more_goes_to_the_end_and_leaves_the_text() {
    let mut s = Screen::new();
    s.keys("seq 1 20 > n; more n\r");
    assert!(s.last().starts_with("--More--("), "{}", s.last());
    s.keys(" ");
    assert!(s.rows().iter().any(|row| row == "20") && s.last() == "$", "{:?}", s.rows());
}

#[test]
fn top_fills_the_screen_and_leaves_it() {
    let mut s = Screen::new();
    s.keys("sleep 100 &\r");
    s.keys("top\r").pass(4);
    let rows = s.rows();
    assert!(rows[0].starts_with("top - 09:00:03 up 0 min,  1 user,"), "{rows:#?}");
    assert!(rows[1].starts_with("Tasks:   3 total,   1 running,   2 sleeping"), "{rows:#?}");
    assert!(rows[6].starts_with("    PID USER      PR  NI    VIRT    RES"), "{rows:#?}");
    assert!(rows[7..].iter().any(|r| r.contains(" root ")), "{rows:#?}");
    s.keys("c");
    assert!(s.rows()[7..].iter().any(|r| r.contains("0.0")), "{:#?}", s.rows());
    s.keys("x");
    assert_eq!(s.rows()[5], " Unknown command - try 'h' for help");
    s.keys("q").keys("echo back\r");
    assert!(s.rows().iter().any(|r| r == "back"), "{:#?}", s.rows());
}

#[test]
fn htop_searches_sorts_and_kills() {
    let mut s = Screen::new();
    s.resize(100, 16);
    s.keys("sleep 1000 & sleep 2000 &\r");
    s.keys("htop\r").pass(4);
    let rows = s.rows();
    assert!(rows[1].starts_with(" CPU[") && rows[1].contains("Tasks: 4, 0 thr; 1 running"), "{rows:#?}");
    assert!(rows[2].starts_with(" Mem[") && rows[2].contains("Load average: "), "{rows:#?}");
    assert!(rows[3].starts_with(" Swp[") && rows[3].contains("Uptime: 00:00:0"), "{rows:#?}");
    assert!(
        rows[5].starts_with("    PID USER       PRI  NI  VIRT   RES   SHR S CPU%▽ MEM%   TIME+"),
        "{rows:#?}"
    );
    assert!(rows[15].starts_with("F1Help  F2Setup F3SearchF4FilterF5Tree  F6SortBy"), "{rows:#?}");
    s.keys("t");
    assert!(s.rows().iter().any(|r| r.ends_with("├─ sleep 1000")), "{:#?}", s.rows());
    s.keys("\\sleep\r");
    let listed = |s: &mut Screen| s.rows()[6..15].iter().filter(|r| r.contains("sleep")).count();
    assert_eq!((listed(&mut s), s.rows()[8].as_str()), (2, ""));
    s.keys("/2000\rk");
    assert!(s.rows().iter().any(|r| r.starts_with("15 SIGTERM")), "{:#?}", s.rows());
    s.keys("\r").pass(2);
    assert_eq!(listed(&mut s), 1, "{:#?}", s.rows());
    s.keys("\x1b[17~");
    assert!(s.rows()[5].starts_with("Sort by"), "{:#?}", s.rows());
    s.keys("q").keys("\x1b[21~").keys("echo back\r");
    assert!(s.rows().iter().any(|r| r == "back"), "{:#?}", s.rows());
}

#[test]
fn watch_shows_another_screen_until_it_is_interrupted() {
    let mut s = Screen::new();
    s.keys("echo before\r").keys("watch -n 1 date +%T\r").pass(3);
    let rows = s.rows();
    assert_eq!(rows[0], "Every 1.0s: date +%T           box: Mon Jan  5 09:00:03 2026");
    assert_eq!(rows[2], "09:00:03");
    s.resize(50, 10);
    assert!(s.rows()[0].ends_with("2026"), "{:#?}", s.rows());
    s.keys("\x03");
    assert!(s.rows().iter().any(|r| r == "before"), "{:#?}", s.rows());
}

#[test]
fn passwords_are_not_shown() {
    let mut s = Screen::new();
    s.keys("htpasswd -c auth me\r").keys("secret\r").keys("secret\r");
    let text = s.rows().join("\n");
    assert!(text.contains("New password:") && text.contains("Adding password for user me"), "{text}");
    assert!(!text.contains("secret"), "{text}");
    s.keys("clear\r").keys("stty size; stty -echo; stty; stty sane; tput cols\r");
    let text = s.rows().join("\n");
    assert!(
        text.contains("12 60") && text.contains("-brkint -imaxbel\n-echo") && text.contains("\n60"),
        "{text}"
    );
}
