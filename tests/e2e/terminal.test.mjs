// The terminal's keys, pastes, and what phones and screen readers get.
import assert from "node:assert/strict";

import { Playground } from "./lib/page.mjs";
import { eventually, test } from "./lib/test.mjs";

const shows = (page, pattern) =>
  eventually(`the terminal shows ${pattern}`, async () => pattern.test(await page.text()) || (await page.text()).slice(-400));

// Pastes as a browser does: an event with data.
const paste = (page, text) =>
  page.byId("terminal-0").locator("textarea").evaluate((area, text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);

async function open(profile, url, options) {
  const page = await Playground.open(await profile(options), url);
  await page.whenPrompt();
  await page.byId("terminal-0").click();
  return page;
}

test("line editing, history, search and completion", async ({ url, profile }) => {
  const page = await open(profile, url);
  const keys = page.page.keyboard;
  await keys.type("echo one two three");
  for (const key of ["Control+w", "Control+a", "Control+k", "Control+y", "Control+e"]) await keys.press(key);
  await keys.type("4\n");
  await shows(page, /\none two 4/);
  await keys.press("Control+r");
  await keys.type("two");
  await shows(page, /reverse-i-search/);
  await keys.press("Enter");
  await eventually("it ran again", async () => (await page.text()).match(/\none two 4/g)?.length === 2);
  await keys.type("kubectl get no");
  await keys.press("Tab");
  await shows(page, /kubectl get nod/);
  await keys.press("Control+u");
  await keys.type("kubectl get pods -A -w\n");
  await shows(page, /kube-apiserver-control-plane/);
  await keys.press("Control+c");
  await shows(page, /\^C/);
  await page.terminalWaits(10);
  assert.match(await page.type("k get nodes"), /control-plane/);
});

test("pastes are repaired, and several lines ask once", async ({ url, profile }) => {
  const page = await open(profile, url);
  await paste(page, "$ echo “it is”\u00a0fine");
  await shows(page, /\$ echo "it is" fine/);
  await page.byId("notices").getByText(/curly quotes made straight/).waitFor();
  await page.page.keyboard.press("Enter");
  await shows(page, /\nit is fine/);
  await paste(page, "$ echo first\n$ echo second\n");
  await page.byId("paste").waitFor();
  assert.match(await page.byId("paste").textContent(), /Paste 2 lines.*echo first\s*echo second/s);
  await page.byId("paste-yes").click();
  await shows(page, /\nfirst[\s\S]*\nsecond/);
});

test("the whole session is copied as text; Ctrl+C copies what is selected", async ({ url, profile }) => {
  const page = await open(profile, url, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.type("echo something to copy");
  await page.byId("copy-session").click();
  const clipboard = () => page.page.evaluate(() => navigator.clipboard.readText());
  await eventually("it is on the clipboard", async () => /\nsomething to copy\n/.test(await clipboard()) || (await clipboard()));
  const row = page.byId("terminal-0").locator(".xterm-rows > div", { hasText: /^something to copy/ });
  const box = await row.boundingBox();
  await page.page.mouse.dblclick(box.x + 10, box.y + box.height / 2);
  await page.page.keyboard.press("Control+c");
  await eventually("the word is", async () => (await clipboard()) === "something" || (await clipboard()));
});

test("a screen reader hears the terminal, and Ctrl+M lets Tab leave it", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await page.byId("help").click();
  await page.byId("screen-reader").check();
  await page.byId("dialog-close").click();
  await page.byId("new-terminal").click();
  const log = page.byId("terminal-1").locator(".xterm-accessibility");
  await log.waitFor({ state: "attached" });
  assert.equal(await page.byId("terminal-1").locator(".live-region").getAttribute("aria-live"), "assertive");
  await page.byId("terminal-1").click();
  const inside = () => page.page.evaluate(() => Boolean(document.activeElement?.closest(".xterm")));
  assert.ok(await inside());
  await page.page.keyboard.press("Control+m");
  await page.page.keyboard.press("Tab");
  assert.ok(!(await inside()), "Tab leaves");
});

test("a phone has panes as tabs and the keys its keyboard lacks", async ({ url, profile }) => {
  const page = await Playground.open(await profile({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }), url);
  await eventually("it runs", async () => (await page.pods()).length > 0);
  await page.byId("pane-terminal").click();
  await page.whenPrompt();
  await page.byId("terminal-0").click();
  await page.page.keyboard.type("sleep 1000\n");
  await eventually("it sleeps", async () => /running/.test(await page.byId("terminal-tab-0").textContent()));
  await page.byId("key-ctrl").dispatchEvent("pointerdown");
  await page.page.keyboard.type("c");
  await shows(page, /\^C/);
  await page.byId("pane-files").click();
  await page.byId("file-hello.yaml").click();
  await page.frame.locator("[data-testid=editor] .cm-line", { hasText: "kind: Deployment" }).waitFor();
  const size = await page.frame.locator(".cm-content").first().evaluate((it) => getComputedStyle(it).fontSize);
  assert.equal(size, "16px");
});

const hasKeys = (page, terminal) =>
  page.page.evaluate((terminal) => Boolean(document.activeElement?.closest(`[data-testid=terminal-${terminal}]`)), terminal);

test("a shell that has ended says so, and Enter starts another of the same size", async ({ url, profile }) => {
  const page = await open(profile, url);
  const keys = page.page.keyboard;
  const size = await page.type("stty size");
  await keys.type("exit\n");
  await shows(page, /The shell has ended. Press Enter for a new one/);
  await eventually("its tab says it", async () => /ended/.test(await page.byId("terminal-tab-0").textContent()));
  await keys.type("ls");
  await keys.press("Enter");
  await page.terminalWaits(10);
  assert.doesNotMatch(await page.text(), /\bls\b/, "what was typed to nobody is gone");
  assert.equal(await page.type("stty size"), size);
  // A new cluster, too, has terminals of the size that the screen has.
  await page.byId("new-cluster").click();
  await page.byId("new-create").click();
  await eventually("it is a new one", async () => !/stty/.test(await page.text()));
  assert.equal(await page.type("stty size"), size);
});

test("whoever opens or shows a terminal can type at once; each remembers what was typed", async ({ url, profile }) => {
  const page = await open(profile, url);
  const keys = page.page.keyboard;
  await page.type("echo in the first");
  await page.byId("new-terminal").click();
  await eventually("the second has the keys", () => hasKeys(page, 1));
  await eventually("it has a prompt", async () => /\$ *$/.test(await page.text(1)));
  await keys.type("echo in the second\n");
  await eventually("it ran", async () => /\nin the second/.test(await page.text(1)));
  // Keys that the browser takes arrive with Alt.
  await keys.type("echo one two");
  await keys.press("Control+Alt+w");
  await keys.press("Enter");
  await eventually("a word less", async () => /\none\n/.test(await page.text(1)) || page.text(1));
  await page.byId("terminal-tab-0").click();
  await eventually("the first has the keys", () => hasKeys(page, 0));
  await shows(page, /\nin the first\n/);
  await keys.press("ArrowUp");
  await shows(page, /\$ echo in the first #1\.$/);
});

// The rows that a program fills: all of the screen.
const full = async (page) => (await page.rows()).filter((row) => row !== "").length;

test("less, vi and top: keys, another size, and the screen as it was", async ({ url, profile }) => {
  const page = await open(profile, url);
  const keys = page.page.keyboard;
  await page.type("seq 1 300 > numbers && echo before");
  await keys.type("less numbers\n");
  await shows(page, /^1\n2\n[^]*numbers$/);
  const rows = (await page.rows()).length;
  await keys.press("PageDown");
  await shows(page, new RegExp(`^${rows}\n`));
  await keys.press("ArrowUp");
  await shows(page, new RegExp(`^${rows - 1}\n`));
  const splitter = page.frame.getByRole("separator", { name: "Height of the terminal" });
  const taller = async (key) => {
    await splitter.press(key);
    await page.byId("terminal-0").click();
  };
  await taller("PageUp");
  await eventually("less fills the taller screen", async () => (await full(page)) > rows && (await full(page)) === (await page.rows()).length);
  await taller("PageDown");
  await keys.type("q");
  await shows(page, /before\n.*\$ less numbers\n.*\$$/);

  await keys.type("vi numbers\n");
  await shows(page, /"numbers" 300L/);
  await keys.press("PageDown");
  await keys.type("ochanged");
  await keys.press("Home");
  await keys.type("it is ");
  await shows(page, /\nit is changed\n/);
  await taller("PageUp");
  await eventually("vi fills the taller screen", async () => (await full(page)) > rows);
  // What is pasted into an editor is text: nobody asks.
  await paste(page, "first\nsecond\n");
  await shows(page, /it is first\nsecond\nchanged/);
  await keys.press("Escape");
  await keys.type(":q!\n");
  await shows(page, /\$ less numbers\n.*\$ vi numbers\n.*\$$/);

  await keys.type("top\n");
  await shows(page, /PID USER/);
  await keys.press("Control+c");
  await page.terminalWaits(10);
  await taller("PageDown");
});

test("what scrolled away can be seen, selected and copied; typing goes back down", async ({ url, profile }) => {
  const page = await open(profile, url, { permissions: ["clipboard-read", "clipboard-write"] });
  const keys = page.page.keyboard;
  await keys.type("seq 1 200\n");
  await shows(page, /\n200\n/);
  await keys.press("Shift+PageUp");
  await eventually("the last is out of sight", async () => !/\b200\b/.test(await page.text()));
  const row = page.byId("terminal-0").locator(".xterm-rows > div", { hasText: /^185/ });
  const { x, y, height } = await row.boundingBox();
  await page.page.mouse.move(x + 1, y + height / 2);
  await page.page.mouse.down();
  await page.page.mouse.move(x + 60, y + height * 2.5, { steps: 4 });
  await page.page.mouse.up();
  await keys.press("Control+Shift+C");
  const clipboard = () => page.page.evaluate(() => navigator.clipboard.readText());
  await eventually("three lines are copied", async () => (await clipboard()).replaceAll("\r", "") === "185\n186\n187" || clipboard());
  await keys.type("echo here");
  await shows(page, /200\n.*\$ echo here$/);
  await keys.press("Control+u");
  await page.page.evaluate(() => navigator.clipboard.writeText("echo pasted"));
  await keys.press("Control+v");
  await shows(page, /\$ echo pasted$/);
});
