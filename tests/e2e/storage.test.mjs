// What is kept, and what is said when it cannot be: full and forbidden storage, a crash, two tabs, files.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { Playground } from "./lib/page.mjs";
import { eventually, test } from "./lib/test.mjs";

const pods = async (page) => (await page.pods()).filter((it) => it.name.startsWith("web-")).map((it) => it.name).sort();
const CREATE = "kubectl create deployment web --image=nginx --replicas=2";

async function notKept(page, reason) {
  await page.byId("not-kept").waitFor();
  assert.match(await page.byId("not-kept").textContent(), reason);
}

async function works(page) {
  await page.type(CREATE);
  await eventually("it works all the same", async () => (await pods(page)).length === 2);
}

// The saved state is written once nothing has changed for a moment.
const kept = (page) =>
  eventually("it is written", () =>
    page.page.evaluate(
      () =>
        new Promise((done) => {
          const request = indexedDB.open("kubarium", 1);
          request.onerror = () => done(false);
          request.onsuccess = () => {
            const all = request.result.transaction("sessions").objectStore("sessions").get("main");
            all.onsuccess = () => {
              const length = all.result?.length ?? 0;
              const same = globalThis.keptLength === length && length > 0;
              globalThis.keptLength = length;
              request.result.close();
              setTimeout(() => done(same), 600);
            };
            all.onerror = () => done(false);
          };
        }),
    ),
  );

test("storage that is forbidden is said, and nothing else is wrong", async ({ url, profile }) => {
  const context = await profile();
  await context.addInitScript(() => {
    Object.defineProperty(globalThis, "indexedDB", { get: () => { throw new DOMException("no", "SecurityError"); } });
    Object.defineProperty(globalThis, "localStorage", { get: () => { throw new DOMException("no", "SecurityError"); } });
  });
  const page = await Playground.open(context, url);
  await page.whenPrompt();
  await notKept(page, /does not let this page store/);
  await works(page);
});

test("storage that is full is said, and the work can be saved as a file and opened again", async ({ url, profile }) => {
  const context = await profile();
  await context.addInitScript(() => {
    IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
  });
  const page = await Playground.open(context, url);
  await page.whenPrompt();
  await works(page);
  await notKept(page, /storage is full/);
  await page.pause();
  await page.byId("share").click();
  const [download] = await Promise.all([page.page.waitForEvent("download"), page.byId("share-file").click()]);
  const bytes = await readFile(await download.path());
  assert.match(bytes.toString(), /^\/z\/z1/);
  const before = await pods(page);

  const other = await Playground.open(await profile(), url);
  await other.whenPrompt();
  await other.byId("new-cluster").click();
  const [chooser] = await Promise.all([other.page.waitForEvent("filechooser"), other.byId("open-file").click()]);
  await chooser.setFiles({ name: "cluster.kubarium", mimeType: "text/plain", buffer: bytes });
  assert.match(await other.byId("link-commands").textContent(), /kubectl create deployment web --image=nginx --replicas=2/);
  await other.byId("link-run").click();
  await eventually("the same pods", async () => JSON.stringify(await pods(other)) === JSON.stringify(before));
});

test("a crash of the simulation loses nothing", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await works(page);
  await page.type("echo kept > note.txt");
  const before = await pods(page);
  await kept(page);
  const [worker] = page.page.workers();
  await worker.evaluate(() => setTimeout(() => { throw new WebAssembly.RuntimeError("unreachable"); }));
  await page.frame.getByText("The simulation stopped").waitFor();
  await page.frame.getByRole("button", { name: "Reload" }).click();
  await page.whenPrompt();
  await eventually("the pods are back", async () => JSON.stringify(await pods(page)) === JSON.stringify(before) || (await pods(page)));
  assert.equal(await page.type("cat note.txt"), "kept");
}, { ignore: [/unreachable/] });

test("a slow start says what goes on; an engine that does not come is told, not waited for", async ({ url, profile }) => {
  const engine = ({ pathname }) => /worker-[^/]*\.wasm$/.test(pathname);
  const slow = await profile();
  let go;
  const held = new Promise((then) => (go = then));
  await slow.route(engine, async (route) => (await held, route.continue()));
  const page = await Playground.open({ newPage: async () => {
    const page = await slow.newPage();
    return Object.assign(page, { goto: ((goto) => (url) => goto.call(page, url, { waitUntil: "commit" }))(page.goto) });
  } }, url);
  await page.byId("terminal-wait").getByText("Starting the cluster").waitFor();
  assert.equal(await page.byId("time-state").textContent(), "starting");
  go();
  await page.whenPrompt();
  assert.equal(await page.byId("terminal-wait").count(), 0);

  const broken = await profile();
  await broken.route(engine, (route) => route.fulfill({ status: 404, body: "none" }));
  const other = await Playground.open(broken, url);
  await other.byId("failed").getByText("The simulation could not be loaded").waitFor();
  await broken.unroute(engine);
  await other.byId("failed").getByRole("button", { name: "Reload" }).click();
  await other.whenPrompt();
}, { ignore: [/404/] });

test("two tabs do not overwrite each other", async ({ url, profile }) => {
  const context = await profile();
  const first = await Playground.open(context, url);
  await first.whenPrompt();
  await works(first);
  await kept(first);
  const second = await Playground.open(context, url);
  await second.whenPrompt();
  await notKept(second, /another tab/);
  await second.type("kubectl delete deployment web");
  await eventually("the second has none", async () => (await pods(second)).length === 0, { seconds: 60 });
  await second.page.close();
  await first.page.reload();
  await first.whenPrompt();
  await eventually("the first has its two", async () => (await pods(first)).length === 2);
});

test("a link that cannot be read says so and leaves a cluster that works", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), `${url}/#/z/z9AAAA`);
  await page.byId("notices").getByText("This link is written in a form").waitFor();
  await page.whenPrompt();
  await works(page);
});
