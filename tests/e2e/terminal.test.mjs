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
