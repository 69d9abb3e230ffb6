// The browser tests: plays every *.test.mjs of this folder against a served page.
// usage: node run.mjs URL [FILTER]   — CHROMIUM names the browser; ends with `N passed, N failed`.
import { mkdirSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { launch } from "./lib/browser.mjs";
import { tests } from "./lib/test.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const results = join(here, "../../test-results");
const [url, filter = ""] = process.argv.slice(2);
if (!url) {
  console.error("usage: node tests/e2e/run.mjs URL [FILTER]");
  process.exit(2);
}
const files = readdirSync(here).filter((name) => name.endsWith(".test.mjs"));
for (const file of files.sort()) await import(join(here, file));
mkdirSync(results, { recursive: true });

// Tests mostly wait for the cluster's clock: two at a time, each in a browser (and with a clipboard) of its own. Those
// that allow themselves the most time begin first.
const LANES = Math.min(2, availableParallelism());
const waiting = tests.filter((it) => it.name.includes(filter)).sort((a, b) => b.seconds - a.seconds);
const count = { passed: 0, failed: 0 };
await Promise.all(Array.from({ length: LANES }, lane));
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed ? 1 : 0);

async function lane() {
  const browser = await launch();
  for (let it = waiting.shift(); it; it = waiting.shift()) {
    const start = Date.now();
    const failure = await play(browser, it);
    const time = `${((Date.now() - start) / 1000).toFixed(1)}s`;
    count[failure ? "failed" : "passed"] += 1;
    console.log(failure ? `FAIL ${it.name} (${time})\n${indent(failure)}` : `ok   ${it.name} (${time})`);
  }
  await browser.close();
}

// Runs one test with its own profile. What went wrong, or nothing: also an error that the page reported counts.
async function play(browser, it) {
  const contexts = [];
  const problems = [];
  const profile = async (options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    context.setDefaultTimeout(30_000);
    context.on("weberror", (error) => problems.push(`page error: ${error.error().stack}`));
    context.on("console", (message) => {
      if (message.type() === "error") problems.push(`console: ${message.text()} (${message.location().url})`);
    });
    contexts.push(context);
    return context;
  };
  const closing = [];
  try {
    const limit = it.seconds * 1000;
    const late = new Promise((_, no) => setTimeout(() => no(new Error(`took longer than ${it.seconds}s`)), limit).unref());
    await Promise.race([it.run({ url, profile, results, atEnd: (close) => closing.push(close) }), late]);
    return problems.filter((problem) => !it.ignore.some((wanted) => wanted.test(problem))).join("\n");
  } catch (error) {
    await keepPictures(contexts, it.name);
    return [error.stack ?? String(error), ...problems].join("\n");
  } finally {
    for (const close of closing) await close();
    for (const context of contexts) await context.close();
  }
}

async function keepPictures(contexts, name) {
  const pages = contexts.flatMap((context) => context.pages());
  for (const [index, page] of pages.entries()) {
    const file = `failed-${name.replace(/[^a-z0-9]+/gi, "-")}-${index}.png`;
    await page.screenshot({ path: join(results, file) }).catch(() => {});
  }
}

function indent(text) {
  return text.split("\n").map((line) => `     ${line}`).join("\n");
}
