// The editor: CodeMirror with YAML, one state per file, in the page's colours.

import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colors = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--syntax-key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--syntax-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--syntax-value)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--syntax-comment)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.meta, tags.typeName, tags.labelName], color: "var(--syntax-meta)" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--syntax-punctuation)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", backgroundColor: "transparent", color: "var(--text)", fontSize: "13px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--accent)" },
  "&.cm-focused": { outline: "none" },
  ".cm-cursor": { borderLeftColor: "var(--accent-text)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--faint)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 6px 0 12px", minWidth: "30px" },
  ".cm-activeLine": { backgroundColor: "var(--line)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--selection)" },
  ".cm-selectionMatch": { backgroundColor: "var(--accent-soft)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", border: "1px solid var(--border)", borderRadius: "6px", boxShadow: "var(--shadow)", color: "var(--text)" },
  ".cm-diagnostic": { padding: "6px 10px", fontFamily: "var(--sans)", fontSize: "12px", maxWidth: "440px" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--bad)" },
  ".cm-diagnostic-warning": { borderLeft: "3px solid var(--warn)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)", borderColor: "var(--border)" },
  ".cm-panel.cm-search": { padding: "6px 30px 6px 10px", fontFamily: "var(--sans)" },
  ".cm-panel.cm-search label": { fontSize: "var(--size-2)", display: "inline-flex", alignItems: "center", gap: "5px" },
  ".cm-textfield": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--border-strong)", borderRadius: "var(--radius)", fontFamily: "var(--sans)", fontSize: "var(--size-2)", height: "26px" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--border-strong)", borderRadius: "var(--radius)", fontFamily: "var(--sans)", fontSize: "var(--size-2)", height: "26px" },
  ".cm-button:hover": { backgroundColor: "var(--sunken)" },
  ".cm-button:active": { backgroundImage: "none", backgroundColor: "var(--accent-soft)" },
  ".cm-panel.cm-search [name=close]": { color: "var(--muted)", fontSize: "18px", right: "8px", top: "6px" },
});

/** Options: label, readOnly, onChange(path, text), onApply(), onSave(). */
export function create(host, options) {
  const states = new Map();
  let current = null;
  let quiet = false;

  const extensions = [
    lineNumbers(),
    foldGutter(),
    lintGutter(),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of("  "),
    EditorState.tabSize.of(2),
    bracketMatching(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search({ top: true }),
    yaml(),
    syntaxHighlighting(colors),
    look,
    EditorView.contentAttributes.of({ "aria-label": options.label, spellcheck: "false", tabindex: "0" }),
    EditorState.readOnly.of(options.readOnly ?? false),
    keymap.of([
      { key: "Mod-Enter", run: () => (options.onApply?.(), true) },
      { key: "Mod-s", run: () => (options.onSave?.(), true) },
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...lintKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && !quiet && current !== null) options.onChange?.(current, update.state.doc.toString());
    }),
  ];
  const fresh = (text) => EditorState.create({ doc: text, extensions });
  const view = new EditorView({ parent: host, state: fresh("") });
  const keep = () => current !== null && states.set(current, view.state);

  return {
    /** Shows a file; its text is taken when it is not known yet. */
    open(path, text) {
      keep();
      if (!states.has(path)) states.set(path, fresh(text));
      current = path;
      view.setState(states.get(path));
    },
    /** The file's text was changed by somebody else. */
    replace(path, text) {
      keep();
      const state = states.get(path);
      if (!state || state.doc.toString() === text) return;
      quiet = true;
      if (path === current) {
        const head = Math.min(view.state.selection.main.head, text.length);
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: head } });
      } else states.set(path, fresh(text));
      quiet = false;
    },
    text(done) {
      done(view.state.doc.toString());
    },
    close(path) {
      states.delete(path);
      if (current === path) current = null;
    },
    rename(from, to) {
      keep();
      if (states.has(from)) states.set(to, states.get(from));
      states.delete(from);
      if (current === from) current = to;
    },
    /** Findings as JSON: [{line, path, message, severity}], shown on their lines. */
    problems(path, json) {
      if (path !== current) return;
      const doc = view.state.doc;
      const list = JSON.parse(json).map(({ line, path: field, message, severity }) => {
        const at = doc.line(Math.min(Math.max(line ?? 1, 1), doc.lines));
        const indent = at.text.length - at.text.trimStart().length;
        return { from: at.from + indent, to: Math.max(at.to, at.from + indent), severity: severity.toLowerCase(), message: field ? `${field}: ${message}` : message };
      });
      view.dispatch(setDiagnostics(view.state, list));
    },
    goto(line) {
      const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
      view.dispatch({ selection: { anchor: at.from }, scrollIntoView: true });
      view.focus();
    },
    focus: () => view.focus(),
    dispose: () => view.destroy(),
  };
}
