// What the page looks like and whether everybody can use it: axe, screenshots, the keyboard.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { Playground } from "./lib/page.mjs";
import { test } from "./lib/test.mjs";

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
