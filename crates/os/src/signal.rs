//! Signals: names, numbers, default actions, and sets of them.

/// A signal, by its Linux number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Signal(pub u8);

impl Signal {
    /// The terminal is gone.
    pub const HUP: Signal = Signal(1);
    /// ^C.
    pub const INT: Signal = Signal(2);
    /// ^\.
    pub const QUIT: Signal = Signal(3);
    /// An instruction that is none.
    pub const ILL: Signal = Signal(4);
    /// A debugger's trap.
    pub const TRAP: Signal = Signal(5);
    /// The process gave up by itself (abort(3)).
    pub const ABRT: Signal = Signal(6);
    /// Misaligned or missing memory.
    pub const BUS: Signal = Signal(7);
    /// Division by zero and the like.
    pub const FPE: Signal = Signal(8);
    /// Ends a process that cannot object: the end of a grace period, or out of memory.
    pub const KILL: Signal = Signal(9);
    /// Means what the program says.
    pub const USR1: Signal = Signal(10);
    /// A wrong address.
    pub const SEGV: Signal = Signal(11);
    /// Means what the program says.
    pub const USR2: Signal = Signal(12);
    /// Nobody reads what is written.
    pub const PIPE: Signal = Signal(13);
    /// alarm(2) is due.
    pub const ALRM: Signal = Signal(14);
    /// The polite request to end; a kubelet sends it first.
    pub const TERM: Signal = Signal(15);
    /// A child ended or stopped. Ignored by default.
    pub const CHLD: Signal = Signal(17);
    /// A stopped process goes on.
    pub const CONT: Signal = Signal(18);
    /// Stops, and cannot be caught.
    pub const STOP: Signal = Signal(19);
    /// ^Z.
    pub const TSTP: Signal = Signal(20);
    /// A background process reads the terminal.
    pub const TTIN: Signal = Signal(21);
    /// A background process writes to the terminal (with `stty tostop`).
    pub const TTOU: Signal = Signal(22);
    /// A file would get larger than the limit.
    pub const XFSZ: Signal = Signal(25);
    /// The terminal's size changed. Ignored by default.
    pub const WINCH: Signal = Signal(28);

    /// The name without SIG, or None for a number without a name.
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0)).copied().filter(|n| !n.is_empty())
    }

    /// Reads `TERM`, `SIGTERM`, `term` or `15`.
    pub fn parse(text: &str) -> Option<Signal> {
        if let Ok(n) = text.parse::<u8>() {
            return (n <= 64).then_some(Signal(n));
        }
        let upper = text.to_ascii_uppercase();
        let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
        let at = NAMES.iter().position(|n| *n == bare && !n.is_empty())?;
        Some(Signal(at as u8))
    }

    /// What happens to a process that has not said otherwise.
    pub fn default_action(self) -> Action {
        match self {
            Signal::CHLD | Signal::WINCH | Signal(23) => Action::Ignore,
            Signal::CONT => Action::Continue,
            Signal::STOP | Signal::TSTP | Signal::TTIN | Signal::TTOU => Action::Stop,
            _ => Action::Kill,
        }
    }

    /// What a shell says of a process killed by it ("Terminated", "Killed"), as strsignal(3).
    pub fn description(self) -> &'static str {
        match self.0 {
            1 => "Hangup",
            2 => "Interrupt",
            3 => "Quit",
            4 => "Illegal instruction",
            5 => "Trace/breakpoint trap",
            6 => "Aborted",
            7 => "Bus error",
            8 => "Floating point exception",
            9 => "Killed",
            10 => "User defined signal 1",
            11 => "Segmentation fault",
            12 => "User defined signal 2",
            13 => "Broken pipe",
            14 => "Alarm clock",
            15 => "Terminated",
            24 => "CPU time limit exceeded",
            25 => "File size limit exceeded",
            _ => "Unknown signal",
        }
    }
}

/// Default actions of signals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// Nothing happens.
    Ignore,
    /// The process ends; its status tells the signal.
    Kill,
    /// It stands until [`Signal::CONT`].
    Stop,
    /// It goes on, if it stood.
    Continue,
}

/// Signal names by number; index 0 is the shell's EXIT.
pub const NAMES: [&str; 32] = [
    "EXIT", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// A set of signals, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SignalSet(u64);

impl SignalSet {
    /// Adds a signal.
    pub fn insert(&mut self, s: Signal) {
        self.0 |= 1 << (s.0 & 63);
    }
    /// Takes a signal out.
    pub fn remove(&mut self, s: Signal) {
        self.0 &= !(1 << (s.0 & 63));
    }
    /// Whether the signal is in the set.
    pub fn contains(self, s: Signal) -> bool {
        self.0 & (1 << (s.0 & 63)) != 0
    }
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Takes out the lowest signal of the set.
    pub fn pop(&mut self) -> Option<Signal> {
        if self.0 == 0 {
            return None;
        }
        let s = Signal(self.0.trailing_zeros() as u8);
        self.remove(s);
        Some(s)
    }
    /// The signals of both sets.
    pub fn and(self, other: SignalSet) -> SignalSet {
        SignalSet(self.0 & other.0)
    }
}
