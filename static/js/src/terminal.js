// The terminal: xterm.js with the keys people expect, in the page's colours.

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";

const COLORS = [
  "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
  "brightBlack", "brightRed", "brightGreen", "brightYellow", "brightBlue", "brightMagenta", "brightCyan", "brightWhite",
];

function theme() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(`--term-${name}`).trim();
  const colors = Object.fromEntries(COLORS.map((name) => [name, value(name.replace(/[A-Z]/, (c) => `-${c.toLowerCase()}`))]));
  return {
    ...colors,
    background: value("background"),
    foreground: value("foreground"),
    cursor: value("cursor"),
    cursorAccent: value("background"),
    selectionBackground: value("selection"),
    scrollbarSliderBackground: value("scrollbar"),
    scrollbarSliderHoverBackground: value("scrollbar-hover"),
    scrollbarSliderActiveBackground: value("scrollbar-hover"),
  };
}

// What web pages and documents put around commands: what it is replaced by, and how that is told.
const REPAIRS = [
  [/[\u2018\u2019]/g, "'", "curly quotes made straight"],
  [/[\u201c\u201d]/g, '"', "curly quotes made straight"],
  [/[\u00a0\u202f]/g, " ", "spaces of a web page made plain"],
  [/[\u2013\u2014](?=\w)/g, "--", "long dashes made two hyphens"],
  [/^(?:\$|#(?= kubectl)) +/gm, "", "the prompt in front removed"],
];

/** A text as it should be pasted, and what was repaired in it. */
export function cleanPaste(text) {
  const notes = new Set();
  let clean = text.replace(/\r\n?/g, "\n");
  for (const [pattern, by, note] of REPAIRS) {
    const next = clean.replace(pattern, by);
    if (next !== clean) notes.add(note);
    clean = next;
  }
  return { text: clean, notes: [...notes] };
}

/** All that is and was on the screen. */
function wholeText(term) {
  const buffer = term.buffer.normal;
  const lines = [];
  for (let i = 0; i < buffer.length; i++) {
    const line = buffer.getLine(i);
    const text = line?.translateToString(true) ?? "";
    if (line?.isWrapped) lines[lines.length - 1] += text;
    else lines.push(text);
  }
  return lines.join("\n").trimEnd() + "\n";
}

/**
 * Options: label, fontSize, reader, readOnly, onData(text), onResize(columns, rows), onPaste(text) for pastes of several
 * lines, which the page confirms and sends itself, onNote(text) for what was repaired in a paste, onCopy(text).
 */
export function create(host, options) {
  const term = new Terminal({
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono").trim(),
    fontSize: options.fontSize ?? 13,
    lineHeight: 1.25,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    cursorInactiveStyle: "outline",
    scrollback: 5000,
    screenReaderMode: options.reader ?? false,
    disableStdin: options.readOnly ?? false,
    convertEol: false,
    macOptionIsMeta: true,
    minimumContrastRatio: 4.5,
    rightClickSelectsWord: false,
    theme: theme(),
  });
  const fit = new FitAddon();
  term.loadAddon(fit);
  term.open(host);
  term.textarea?.setAttribute("aria-label", `${options.label}. Press Escape, then Tab, to leave.`);

  let leaving = false; // Escape was the last key: Tab leaves.
  let tabMoves = false; // Ctrl+M: Tab always moves the focus.
  term.attachCustomKeyEventHandler((event) => {
    if (event.type !== "keydown") return true;
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (key === "tab" && !command && !event.altKey && (leaving || tabMoves)) {
      leaving = false;
      return false;
    }
    leaving = key === "escape";
    if (event.ctrlKey && !event.shiftKey && key === "m") {
      tabMoves = !tabMoves;
      event.preventDefault();
      return false;
    }
    const copies = (event.ctrlKey && event.shiftKey && key === "c") || (command && key === "c" && term.hasSelection());
    if (copies && term.hasSelection()) {
      navigator.clipboard?.writeText(term.getSelection());
      term.clearSelection();
      event.preventDefault();
      return false;
    }
    // Keys that browsers keep to themselves (Ctrl+W closes the tab) arrive with Alt.
    if (event.ctrlKey && event.altKey && !event.shiftKey && /^[wtnq]$/.test(key)) {
      if (!options.readOnly) options.onData(String.fromCharCode(key.charCodeAt(0) & 31));
      event.preventDefault();
      return false;
    }
    // The browser's own paste, which arrives as an event below and needs no permission.
    if (command && key === "v") return false;
    // The page's own keys.
    if (event.ctrlKey && (key === "`" || (key === "k" && event.shiftKey))) return false;
    return true;
  });

  host.addEventListener(
    "paste",
    (event) => {
      const { text, notes } = cleanPaste(event.clipboardData?.getData("text/plain") ?? "");
      event.preventDefault();
      event.stopPropagation();
      if (!text || options.readOnly) return;
      if (notes.length) options.onNote(`Pasted, with repairs: ${notes.join(", ")}.`);
      // An editor or pager takes what comes as text; a shell would run it.
      if (term.buffer.active.type === "alternate") term.paste(text);
      else if (text.trimEnd().includes("\n")) options.onPaste(text);
      else term.paste(text.trimEnd());
    },
    { capture: true },
  );

  if (!options.readOnly) term.onData((text) => options.onData(text));
  term.onResize(({ cols, rows }) => options.onResize(cols, rows));

  // Only when there is room: a hidden pane has none, and must not shrink the terminal to nothing.
  const refit = () => {
    if (host.clientWidth > 40 && host.clientHeight > 20) fit.fit();
  };
  const observer = new ResizeObserver(() => requestAnimationFrame(refit));
  observer.observe(host);
  const recolor = () => (term.options.theme = theme());
  addEventListener("kubarium:theme", recolor);
  const copySession = () => {
    if (host.clientWidth > 0) options.onCopy(wholeText(term));
  };
  addEventListener("kubarium:copy-session", copySession);
  refit();
  options.onResize(term.cols, term.rows);

  return {
    write: (text) => term.write(text),
    paste: (text) => term.paste(text),
    focus: () => term.focus(),
    reset: () => term.reset(),
    setReader: (on) => (term.options.screenReaderMode = on),
    dispose() {
      observer.disconnect();
      removeEventListener("kubarium:theme", recolor);
      removeEventListener("kubarium:copy-session", copySession);
      term.dispose();
    },
  };
}
