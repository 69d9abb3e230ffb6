// What the page looks like and whether everybody can use it: axe, screenshots, the keyboard.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { Playground } from "./lib/page.mjs";
import { eventually, test } from "./lib/test.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = ["map", "resources", "rollout", "services"];

// What axe complains of, one line each.
async function complaints(page) {
  // The page's policy forbids script elements; evaluate is not one.
  await page.page.evaluate(axe);
  const { violations } = await page.page.evaluate(() => globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }));
  return violations.flatMap((it) => it.nodes.map((node) => `${it.id}: ${node.target.join(" ")}: ${node.failureSummary.split("\n").slice(1, 2).join("").trim()}`));
}

for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${width} px, ${colorScheme}: axe has nothing to say, pictures`, async ({ url, profile, results }) => {
      const touch = width < 500 ? { hasTouch: true, isMobile: true, deviceScaleFactor: 2 } : {};
      const context = await profile({ viewport: { width, height }, colorScheme, reducedMotion: "reduce", ...touch });
      const page = await Playground.open(context, `${url}/?cmd=${encodeURIComponent("kubectl create deployment web --image=nginx --replicas=5;kubectl expose deployment web --port=80")}`);
      await page.byId("link-run").click();
      await page.whenSystemRuns();
      const found = [];
      for (const view of VIEWS) {
        await page.show(view);
        await page.page.waitForTimeout(1000);
        await page.page.screenshot({ path: `${results}/${view}-${width}-${colorScheme}.png` });
        found.push(...(await complaints(page)).map((it) => `${view}: ${it}`));
      }
      const overflow = await page.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `the page is ${overflow} px too wide`);
      assert.deepEqual(found, []);
    });
  }
}

for (const colorScheme of ["light", "dark"]) {
  test(`dialogs and the inspector, ${colorScheme}: axe has nothing to say, pictures`, async ({ url, profile, results }) => {
    const page = await Playground.open(await profile({ colorScheme, reducedMotion: "reduce" }), url);
    await page.whenPrompt();
    const found = [];
    const look = async (name) => {
      await page.page.screenshot({ path: `${results}/${name}-${colorScheme}.png` });
      found.push(...(await complaints(page)).map((it) => `${name}: ${it}`));
    };
    for (const [name, button] of Object.entries({ keys: "help", fidelity: "fidelity", share: "share", "new-cluster": "new-cluster" })) {
      await page.byId(button).click();
      await page.frame.locator("dialog[open]").waitFor();
      await look(name);
      await page.page.keyboard.press("Escape");
      await eventually("it is closed", async () => (await page.frame.locator("dialog[open]").count()) === 0);
    }
    await page.page.keyboard.press("Control+k");
    await page.byId("palette-input").fill("kubectl get pods -A");
    await look("palette");
    await page.page.keyboard.press("Enter");
    await eventually("it ran", async () => /kube-apiserver/.test(await page.text()));
    await page.frame.locator('[data-testid="node-control-plane"] .node-head').click();
    await page.byId("component-kube-scheduler").click();
    await page.byId("faults").getByText("kube-scheduler is stopped").waitFor();
    for (const face of ["summary", "yaml", "events", "why"]) {
      await page.byId(`face-${face}`).click();
      await look(`inspector-${face}`);
    }
    assert.deepEqual(found, []);
  });
}

// What is wider than its place: panes whose content can be scrolled sideways.
const tooWide = (page, selectors) =>
  page.page.evaluate(
    (selectors) => selectors.flatMap((it) => [...document.querySelectorAll(it)].filter((node) => node.scrollWidth > node.clientWidth + 1).map((node) => `${it}: ${node.scrollWidth} in ${node.clientWidth}`)),
    selectors,
  );

const LONG = "a-name-as-long-as-somebody-may-well-choose-for-a-deployment-x";

for (const [width, height, colorScheme] of [[1440, 900, "dark"], [390, 844, "light"]]) {
  test(`${width} px: a hundred pods, long names and rarer states have their place; axe has nothing to say`, async ({ url, profile, results }) => {
    const narrow = width < 500;
    const page = await Playground.open(await profile({ viewport: { width, height }, colorScheme, reducedMotion: "reduce", ...(narrow && { hasTouch: true, isMobile: true }) }), url);
    const keys = page.page.keyboard;
    const found = [];
    const fits = async (name) => {
      await page.page.waitForTimeout(200);
      await page.page.screenshot({ path: `${results}/${name}-${width}.png` });
      found.push(...(await tooWide(page, ["body", ".inspector-body", ".rollout-body", ".services", ".map-body", ".edit-head", ".view-bar", ".coach"])).map((it) => `${name}: ${it}`));
    };
    const look = async (name) => {
      await fits(name);
      found.push(...(await complaints(page)).map((it) => `${name}: ${it}`));
    };
    const run = async (line) => {
      await keys.press("Control+k");
      await page.byId("palette-input").fill(line);
      await keys.press("Enter");
    };
    const go = async (pane) => narrow && (await page.byId(`pane-${pane}`).click());
    const one = async (start) => (await page.pods()).find((it) => it.name.startsWith(start));
    await eventually("it runs", async () => (await page.pods()).length > 0);
    await run(`kubectl create deployment ${LONG} --image=registry.example.com/a/path/to/an/image/that/is/long/nginx:no-such-tag`);
    await run(`kubectl expose deployment ${LONG} --port=80`);
    await go("cluster");
    await eventually("it fails", async () => (await one("a-name"))?.look === "failing" || one("a-name"));
    await run("kubectl create deployment web --image=nginx --replicas=100");
    await go("cluster");
    await eventually("a hundred are there", async () => (await page.pods()).filter((it) => it.name.startsWith("web-")).length === 100);
    for (const view of VIEWS) {
      await page.show(view);
      await fits(`many-${view}`);
    }
    await run("kubectl delete deployment web --now");
    await run("kubectl taint nodes --all a=b:NoSchedule");
    await run("kubectl create deployment other --image=nginx");
    await go("cluster");
    await page.show("map");
    await eventually("another waits", async () => (await one("other"))?.look === "waiting" || one("other"));
    await page.show("resources");
    await page.byId("filter").fill("no such thing");
    await page.frame.getByText("Nothing matches the filter.").waitFor();
    await fits("no-match");
    await page.show("map");
    await page.byId("map-as-list").click();
    await fits("list");
    await page.byId("map-as-list").click();
    await page.byId(`pod-${(await one("a-name")).name}`).click();
    for (const face of ["summary", "events", "why", "scheduling"]) {
      await page.byId(`face-${face}`).click();
      await fits(`long-${face}`);
    }
    await page.byId("do-edit").click();
    await page.byId("edit-screen").waitFor();
    await look("edit");
    await page.byId("edit-quit").click();
    await go("cluster");
    await page.byId("inspector-close").click();
    await page.frame.locator('[data-testid="node-node-1"] .node-head').click();
    await page.byId("node-power").click();
    await page.byId("mend").waitFor();
    const mend = await page.byId("mend").boundingBox();
    assert.ok(mend.x + mend.width <= width, "what is broken can be mended from where one is");
    await look("fault");
    await page.byId("inspector-close").click();
    await page.byId("step").click();
    await page.byId("stepped").waitFor();
    await look("stepped");
    const track = await page.byId("track").boundingBox();
    await page.page.mouse.click(track.x + track.width / 2, track.y + 20);
    await page.byId("branch").waitFor();
    assert.equal(await page.byId("stepped").count(), 0, "what the step did is of another moment");
    await look("past");
    await page.byId("live").click();
    await go("files");
    await page.byId("file-hello.yaml").click();
    await page.frame.locator("[data-testid=editor] .cm-content").click();
    await keys.press("Control+Home");
    await keys.type("not: [yaml\n");
    await page.byId("findings").locator(".error").waitFor();
    await keys.press("Control+f");
    await look("find");
    assert.deepEqual(found, []);
  });
}

test("nothing jumps: neither at the start nor when pods come", async ({ url, profile }) => {
  const context = await profile();
  await context.addInitScript(() => {
    globalThis.shifted = [];
    // The poster moves with the window that is given its size; afterwards nothing has a reason to.
    const real = (it) => it.sources.some(({ node }) => !(node?.closest ? node : node?.parentElement)?.closest(".poster"));
    const note = (list) => list.getEntries().filter(real).forEach((it) => shifted.push([it.value, ...it.sources.map((it) => `${it.node?.outerHTML?.slice(0, 80) ?? "text"} ${JSON.stringify([it.previousRect, it.currentRect])}`)]));
    new PerformanceObserver(note).observe({ type: "layout-shift", buffered: true });
  });
  const page = await Playground.open(context, url);
  const shifted = async (most) => (await page.page.evaluate(() => shifted.splice(0))).filter(([value]) => value > most);
  await page.whenSystemRuns();
  await page.frame.locator("[data-testid=editor] .cm-line").first().waitFor();
  assert.deepEqual(await shifted(0.003), []);
  // A cell stays the same element, in its place, with the focus, whoever comes.
  const first = page.byId("pod-etcd-control-plane");
  await first.focus();
  const proxy = (await page.pods()).find((it) => it.name.startsWith("kube-proxy")).name;
  const place = async () => JSON.stringify(await page.byId(`pod-${proxy}`).boundingBox());
  const before = await place();
  await page.byId("coach-deed").evaluate((it) => it.click());
  await eventually("three pods run", async () => (await page.pods()).filter((it) => it.name.startsWith("web-") && it.look === "ready").length === 3);
  assert.equal(await place(), before);
  assert.ok(await first.evaluate((it) => it === document.activeElement), "the focus is where it was");
  // The hint's own words and the legend change, nothing else.
  assert.deepEqual(await shifted(0.015), []);
});

for (const [width, height] of [[720, 450], [960, 540], [640, 512]]) {
  test(`zoomed to 200 % on ${width * 2} × ${height * 2}: everything is there and has its place`, async ({ url, profile }) => {
    const page = await Playground.open(await profile({ viewport: { width, height }, deviceScaleFactor: 2 }), url);
    await eventually("it runs", async () => (await page.pods()).length > 0);
    const inside = async (selector, frame) => {
      const [inner, outer] = [await page.frame.locator(selector).first().boundingBox(), await page.frame.locator(frame).first().boundingBox()];
      assert.ok(inner.x >= outer.x - 1 && inner.x + inner.width <= outer.x + outer.width + 1, `${selector} is within ${frame}`);
    };
    for (const selector of [".coach-deed", ".map-grid", "[data-testid=map-as-list]"]) await inside(selector, ".stage-pane");
    for (const selector of [".stage-pane", "[data-testid=share]", "[data-testid=hash]"]) await inside(selector, ".app");
    assert.deepEqual(await tooWide(page, ["body", ".map-body", ".coach"]), []);
    if (width > 760) {
      const [stage, terminal] = [await page.frame.locator(".stage-pane").boundingBox(), await page.byId("terminal-pane").boundingBox()];
      assert.ok(stage.x + stage.width <= terminal.x + 1, "cluster and terminal stand side by side");
      await page.type("echo it works");
    } else {
      await page.byId("pane-terminal").click();
      await page.type("echo it works");
    }
    await page.page.keyboard.press("Escape");
    await page.page.keyboard.press("Tab");
    await page.byId("help").click();
    const dialog = await page.byId("keys").boundingBox();
    assert.ok(dialog.y >= 0 && dialog.y + dialog.height <= height, "the dialog fits and scrolls");
  });
}

test("the keyboard alone: pods are one stop, arrows go on, Enter looks, Escape comes back; the focus is seen", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await page.type("kubectl create deployment web --image=nginx --replicas=30");
  await eventually("they are there", async () => (await page.pods()).length === 39);
  const keys = page.page.keyboard;
  const at = () => page.page.evaluate(() => document.activeElement.dataset.testid ?? document.activeElement.className);
  await page.frame.locator('[data-testid="node-control-plane"] .node-head').focus();
  await keys.press("Tab");
  const first = await at();
  assert.match(first, /^pod-/);
  await keys.press("ArrowRight");
  const second = await at();
  assert.notEqual(second, first);
  await keys.press("ArrowLeft");
  assert.equal(await at(), first);
  await keys.press("Tab");
  assert.equal(await at(), "node-head", "the next node");
  await keys.press("Tab");
  const top = await page.byId(await at()).boundingBox();
  await keys.press("ArrowDown");
  const below = await page.byId(await at()).boundingBox();
  assert.ok(below.y > top.y && Math.abs(below.x - top.x) < 2, "down is below");
  await keys.press("End");
  const last = await at();
  await keys.press("Enter");
  assert.equal(`pod-${await page.byId("inspector-name").textContent()}`, last);
  await page.byId("face-yaml").focus();
  await keys.press("Escape");
  await eventually("the focus is back", async () => (await at()) === last || at());

  await page.show("resources");
  const row = () => page.page.evaluate(() => document.activeElement.closest("tr")?.getAttribute("aria-rowindex"));
  await page.frame.locator('[data-testid^="row-"][aria-rowindex="2"] button').focus();
  for (let i = 0; i < 25; i++) await keys.press("ArrowDown");
  await eventually("far below", async () => (await row()) === "27" || row());

  // Every stop of the Tab key shows that it has the focus: by an outline, or by the line under its pane's head.
  await page.page.evaluate(() => document.activeElement.blur());
  const unseen = [];
  for (let i = 0; i < 45; i++) {
    await keys.press("Tab");
    const stop = await page.page.evaluate(() => {
      const it = document.activeElement;
      const pane = it.closest(".terminal-pane, .editor")?.querySelector(".pane-head");
      const seen = getComputedStyle(it).outlineStyle !== "none" || (pane && getComputedStyle(pane).boxShadow !== "none");
      return { seen, typing: Boolean(it.closest(".xterm, .cm-editor")), what: it.outerHTML.slice(0, 120), out: it === document.body };
    });
    if (stop.out) break;
    if (!stop.seen) unseen.push(stop.what);
    if (stop.typing) await keys.press("Escape");
  }
  assert.deepEqual(unseen, []);
});

test("Escape closes what is open, one thing at a time", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  const keys = page.page.keyboard;
  await page.byId("terminal-0").click();
  await keys.press("Control+Shift+K");
  await page.byId("palette-input").fill("kubectl");
  await keys.press("Escape");
  await page.byId("palette").waitFor({ state: "detached" });
  await page.byId("pod-etcd-control-plane").click();
  await page.pause();
  await page.byId("run-until-idle").click();
  await page.byId("do-delete").click();
  await page.byId("confirm").waitFor();
  await keys.press("Escape");
  await page.byId("confirm").waitFor({ state: "detached" });
  await page.byId("inspector").waitFor();
  await keys.press("Escape");
  await page.byId("inspector").waitFor({ state: "detached" });
});

test("keys: views, help, filter, the object that is looked at", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  const keys = page.page.keyboard;
  await page.frame.locator("#stage").focus();
  await keys.press("2");
  await page.byId("view-resources").waitFor();
  await page.byId("row-etcd-control-plane").waitFor();
  await keys.press("/");
  await keys.type("etcd");
  await eventually("one row", async () => (await page.frame.locator('[data-testid^="row-"][aria-rowindex]').count()) === 1);
  await page.byId("row-etcd-control-plane").getByRole("button").click();
  await page.byId("inspector").waitFor();
  await keys.press("d");
  await eventually("it is described", async () => /Events:/.test(await page.text()));
  await keys.press("?");
  await page.byId("keys").waitFor();
  assert.match(await page.byId("keys").textContent(), /describe it in the terminal/);
  await keys.press("Escape");
  await keys.press("Space");
  await eventually("it is paused", async () => (await page.byId("time-state").textContent()) === "paused");
  await keys.press(":");
  await page.byId("palette-input").fill("serv");
  await keys.press("Enter");
  await page.byId("view-services").waitFor();
});

test("the keyboard enters the terminal and leaves it", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await page.page.keyboard.press("Control+Backquote");
  const inTerminal = () => page.page.evaluate(() => Boolean(document.activeElement?.closest(".xterm")));
  await eventually("Ctrl+` goes to the terminal", inTerminal);
  await page.page.keyboard.press("Escape");
  await page.page.keyboard.press("Tab");
  await eventually("Escape, then Tab, leaves it", async () => !(await inTerminal()));
});
