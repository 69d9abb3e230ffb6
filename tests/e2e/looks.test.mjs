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
  assert.ok(await inTerminal(), "Ctrl+` goes to the terminal");
  await page.page.keyboard.press("Escape");
  await page.page.keyboard.press("Tab");
  assert.ok(!(await inTerminal()), "Escape, then Tab, leaves it");
});
