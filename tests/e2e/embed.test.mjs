// Embeds: what their parameters promise.
import assert from "node:assert/strict";

import { embedder } from "./lib/hosts.mjs";
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

const box = async (page, selector) => {
  const { x, y, width, height } = await page.frame.locator(selector).first().boundingBox();
  return [x, y, width, height].map(Math.round);
};

// Where things stand needs no cluster: its engine never comes.
const layoutOnly = (context) => context.route(({ pathname }) => /worker-[^/]*\.wasm$/.test(pathname), () => {});

test("an embed opens the file it is asked to, or says that there is none", async ({ url, profile }) => {
  const page = await embed(profile, url, "file=hello.yaml");
  await page.byId("file-tab-hello.yaml").waitFor();
  await page.frame.locator("[data-testid=editor] .cm-line", { hasText: "kind: Deployment" }).waitFor();
  assert.equal(await page.byId("findings").textContent(), "The API server would take it.");
  const none = await embed(profile, url, "view=split&file=no-such.yaml");
  await none.byId("notices").getByText("no-such.yaml: No such file or directory").waitFor();
  assert.equal(await none.frame.locator("[data-testid^=file-tab-]").count(), 0);
  await none.byId("apply").waitFor({ state: "detached" });
});

test("terminalHeight is the terminal's height, within what there is, and nobody's setting", async ({ url, profile }) => {
  const context = await profile({ viewport: { width: 1100, height: 900 } });
  await layoutOnly(context);
  for (const [asked, height] of [["200", 200], ["20", 96], ["5000", 570], ["tall", 288]]) {
    const page = await Playground.open(context, `${url}/embed.html?terminalHeight=${asked}`);
    await page.byId("terminal-pane").waitFor();
    await eventually(`${asked} is ${height}`, async () => (await box(page, ".terminal-pane"))[3] === height || (await box(page, ".terminal-pane"))[3]);
    await page.byId("theme").click();
  }
  const own = await Playground.open(context, url);
  await own.byId("terminal-pane").waitFor();
  assert.equal((await box(own, ".terminal-pane"))[3], 288, "the page itself is as the person left it");
  assert.equal(await own.frame.locator("html").getAttribute("data-theme"), "light");
});

test("what is left out leaves no gap", async ({ url, profile }) => {
  const [width, height] = [1100, 900];
  const context = await profile({ viewport: { width, height } });
  await layoutOnly(context);
  for (const hide of ["nav", "time", "strip", "editor", "terminal", "nav,editor,strip,time", "nav,terminal,time"]) {
    const page = await Playground.open(context, `${url}/?hide=${hide}`);
    await page.byId("view-map").waitFor();
    const hidden = hide.split(",");
    const top = hidden.includes("nav") ? 0 : 48;
    const bottom = height - (hidden.includes("time") ? 0 : 52);
    const tabs = await box(page, ".view-tabs");
    assert.equal(tabs[1], top, `${hide}: the views begin at the top`);
    assert.equal(tabs[0] + tabs[2], width, `${hide}: they reach the right edge`);
    const last = await box(page, hidden.includes("terminal") ? ".stage" : ".terminal-pane");
    assert.ok(Math.abs(last[1] + last[3] - bottom) <= 1, `${hide}: the last pane reaches ${last[1] + last[3]}, not ${bottom}`);
    await page.page.close();
  }
});

test("an embed on a phone shows the panes it has", async ({ url, profile }) => {
  const phone = { viewport: { width: 390, height: 560 }, hasTouch: true, isMobile: true };
  const open = async (query) => Playground.open(await profile(phone), `${url}/embed.html?${query}`);
  const tabs = (page) => page.frame.locator(".pane-tab").allTextContents();
  const terminal = await open("view=terminal");
  await terminal.whenPrompt();
  assert.ok((await box(terminal, ".terminal-pane"))[3] > 300);
  assert.deepEqual(await tabs(terminal), []);
  const plain = await open("");
  await plain.byId("view-map").waitFor();
  assert.deepEqual(await tabs(plain), ["Cluster", "Terminal"]);
  const share = await box(plain, "[data-testid=share]");
  assert.ok(share[0] + share[2] <= 390, "nothing is cut off at the right");
});

test("an embed rests while nobody can see it", async ({ url, profile, atEnd }) => {
  const host = await embedder(`<iframe src="${url}/embed.html" style="width:100%;height:400px"></iframe><p style="height:3000px"></p>`);
  atEnd(host.close);
  const page = await (await profile()).newPage();
  await page.goto(host.url);
  const handle = await page.waitForSelector("iframe");
  const inner = new Playground(page, await handle.contentFrame());
  const state = () => inner.byId("time-state").textContent();
  await eventually("time flows", async () => ["live", "idle"].includes(await state()));
  await page.evaluate(() => scrollTo(0, 2500));
  await eventually("time stands still", async () => (await state()) === "paused");
  await page.evaluate(() => scrollTo(0, 0));
  await eventually("time flows again", async () => ["live", "idle"].includes(await state()));
});

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
