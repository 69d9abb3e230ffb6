// Embeds: what their parameters promise.
import assert from "node:assert/strict";

import { Playground } from "./lib/page.mjs";
import { eventually, test } from "./lib/test.mjs";

const shown = async (page, id) => (await page.byId(id).count()) > 0;

async function embed(profile, url, query) {
  return Playground.open(await profile({ viewport: { width: 1100, height: 700 } }), `${url}/embed.html?${query}`);
}

const PARTS = {
  "": { "terminal-pane": true, "tab-map": true, editor: false, "time-bar": true },
  "view=map": { "terminal-pane": false, "tab-map": true, editor: false, "time-bar": true },
  "view=terminal": { "terminal-pane": true, "tab-map": false, editor: false, "time-bar": true },
  "view=yaml": { "terminal-pane": false, "tab-map": false, editor: true, "time-bar": true },
  "view=split": { "terminal-pane": true, "tab-map": true, editor: true, "time-bar": true },
  "hide=terminal,strip&controls=faults&unknown=1": { "terminal-pane": false, "time-bar": false, strip: false },
};

for (const [query, parts] of Object.entries(PARTS)) {
  test(`an embed shows what it is asked to: ${query || "nothing in particular"}`, async ({ url, profile }) => {
    const page = await embed(profile, url, query);
    await eventually("it is there", () => page.frame.locator("html").evaluate(() => document.documentElement.dataset.ready === ""));
    await eventually("its parts are", async () => {
      const seen = Object.fromEntries(await Promise.all(Object.keys(parts).map(async (id) => [id, await shown(page, id)])));
      return JSON.stringify(seen) === JSON.stringify(parts) || seen;
    });
  });
}

test("a read-only embed can be looked at and not be changed", async ({ url, profile }) => {
  const page = await embed(profile, url, "readonly=1");
  await page.whenPrompt();
  await page.byId("terminal-0").click();
  await page.page.keyboard.type("kubectl create deployment web --image=nginx\n");
  await page.frame.locator('[data-testid="node-node-1"] .node-head').click();
  await page.byId("inspector").waitFor();
  for (const id of ["cordon", "node-power", "do-delete", "strip-run", "new-terminal"]) assert.ok(!(await shown(page, id)), id);
  assert.match(await page.text(), /^\S*\$$/, "nothing was typed");
  assert.ok(!(await page.pods()).some((it) => it.name.startsWith("web-")));
});

test("an embed waits for a click when asked to, stands still when asked to, and has its theme", async ({ url, profile }) => {
  const page = await embed(profile, url, "ctl=1&autoplay=0&theme=dark&nodes=4&seed=9");
  const start = page.frame.locator("#poster-start");
  await start.waitFor();
  assert.equal(await page.frame.locator("html").getAttribute("data-theme"), "dark");
  assert.ok(!(await shown(page, "time-bar")) || !(await page.frame.locator("html").getAttribute("data-ready")));
  await start.click();
  await page.whenPrompt();
  await eventually("five nodes", async () => (await page.frame.locator('[data-testid^="node-"].node').count()) === 5);
  assert.equal(await page.byId("time-state").textContent(), "paused");
});
