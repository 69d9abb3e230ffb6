// The built page on hosts that are not ours, and without a network.
import assert from "node:assert/strict";

import { staticHost } from "./lib/hosts.mjs";
import { Playground } from "./lib/page.mjs";
import { test } from "./lib/test.mjs";

async function works(page) {
  await page.whenPrompt();
  assert.match(await page.type("kubectl get nodes"), /Ready/);
}

test("it runs below a path", async ({ profile, atEnd }) => {
  const host = await staticHost({ base: "/some/where/" });
  atEnd(host.close);
  await works(await Playground.open(await profile(), `${host.url}/some/where/`));
});

test("it runs on a host that serves wasm with a wrong type", async ({ profile, atEnd }) => {
  const host = await staticHost({ types: { ".wasm": "text/plain" } });
  atEnd(host.close);
  await works(await Playground.open(await profile(), `${host.url}/`));
});

test("the prompt does not wait for the rest of the engine; what needs it does", async ({ profile, atEnd }) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  let asked = false;
  const host = await staticHost({
    before: (path) => {
      if (!path.startsWith("/rest-")) return null;
      asked = true;
      return held;
    },
  });
  atEnd(host.close);
  const page = await Playground.open(await profile(), `${host.url}/`);
  await works(page);
  assert.ok(asked, "the rest is asked for in the background");
  const typed = page.type("seq 3 | awk '{ sum += $1 } END { print sum * 7 }'");
  await new Promise((resolve) => setTimeout(resolve, 500));
  release();
  assert.equal(await typed, "42");
});

test("where there are no workers, all of it is loaded before the cluster starts", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), `${url}/?thread=page`);
  await works(page);
  assert.equal(await page.type("seq 3 | awk '{ sum += $1 } END { print sum * 7 }'"), "42");
});

test("it runs offline after the first load", async ({ url, profile }) => {
  const context = await profile();
  const page = await Playground.open(context, url);
  await works(page);
  await page.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.page.reload();
  await works(page);
  await context.setOffline(true);
  await page.page.reload();
  await works(page);
});

test("its policy allows no inline script and no other host", async ({ url, profile }) => {
  const context = await profile();
  const asked = [];
  context.on("request", (request) => asked.push(new URL(request.url())));
  const page = await Playground.open(context, url);
  await works(page);
  const policy = await page.page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
  const scripts = policy.split("; ").find((it) => it.startsWith("script-src"));
  assert.equal(scripts, "script-src 'self' 'wasm-unsafe-eval'");
  const others = asked.filter((it) => it.protocol.startsWith("http") && it.origin !== new URL(url).origin);
  assert.deepEqual(others.map(String), []);
});
