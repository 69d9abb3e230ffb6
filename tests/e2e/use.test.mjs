// A working session: what people do with a cluster, and the views that follow.
import assert from "node:assert/strict";

import { Playground } from "./lib/page.mjs";
import { eventually, test } from "./lib/test.mjs";

const webPods = async (page) => (await page.pods()).filter((it) => it.name.startsWith("web-"));
const runs = (page, count) =>
  eventually(`${count} pods run`, async () => {
    const pods = await webPods(page);
    const ready = pods.filter((it) => it.look === "ready").length;
    return (ready === count && pods.length === count) || { ready, all: pods.length };
  }, { seconds: 90 });

test("create, expose, a bad tag, the fix, scale to 50, and back in time by dragging", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await page.type("kubectl create deployment web --image=nginx --replicas=3 && kubectl expose deployment web --port=80");
  await runs(page, 3);
  await page.type("kubectl set image deployment/web nginx=nginx:no-such-tag");
  await eventually("a pod fails", async () => (await webPods(page)).some((it) => it.look === "failing"), { seconds: 60 });
  await page.show("services");
  await eventually("the old ones serve", async () => {
    const text = await page.byId("ready-web").textContent();
    return /^3 of/.test(text) || text;
  });
  await page.show("rollout");
  assert.match(await page.byId("rollout-progress").textContent(), /in progress/);
  assert.match(await page.byId("rollout-chart").locator("svg").getAttribute("aria-label"), /3 wanted, at least 3 available, at most 4 in all/);
  await page.type("kubectl set image deployment/web nginx=nginx:1.28");
  await page.show("map");
  await runs(page, 3);
  await page.byId("speed").selectOption("10");
  await page.type("kubectl scale deployment web --replicas=50");
  await runs(page, 50);
  await page.show("services");
  await eventually("fifty behind one address", async () => {
    const text = await page.byId("ready-web").textContent();
    return text === "50 of 50 ready" || text;
  });
  await page.show("map");

  const track = await page.byId("track").boundingBox();
  const { mouse } = page.page;
  await mouse.move(track.x + track.width - 2, track.y + 20);
  await mouse.down();
  await mouse.move(track.x + track.width / 2, track.y + 20, { steps: 4 });
  await mouse.move(track.x + 2, track.y + 20, { steps: 4 });
  await mouse.up();
  await eventually("nothing was there yet", async () => (await webPods(page)).length === 0 || (await webPods(page)).length);
  assert.match(await page.byId("time-state").textContent(), /ago$/);
  await page.byId("live").click();
  await runs(page, 50);
}, { seconds: 240 });

test("the map shows how full nodes are; panes have the size one gives them", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await page.type("kubectl apply -f hello.yaml");
  const meter = page.byId("node-node-2").getByRole("meter", { name: /^CPU/ });
  await eventually("CPU is asked for", async () => Number(await meter.getAttribute("aria-valuenow")) > 0);
  assert.match(await meter.getAttribute("aria-label"), /^CPU: 100m of [\d.]+ requested$/);
  const width = async () => (await page.frame.locator(".side").boundingBox()).width;
  const before = await width();
  const splitter = page.frame.getByRole("separator", { name: "Width of files and editor" });
  await splitter.focus();
  for (let i = 0; i < 3; i++) await splitter.press("ArrowLeft");
  await eventually("the keyboard makes it narrower", async () => (await width()) < before);
  await page.byId("map-as-list").click();
  await page.byId("pod-list").getByText("etcd-control-plane").waitFor();
});

test("the first paint needs no program", async ({ url, profile }) => {
  const context = await profile();
  let go;
  const held = new Promise((then) => (go = then));
  // All but the few lines that choose the colours.
  const heavy = ({ pathname }) => /\.(wasm|js)$/.test(pathname) && !pathname.includes("theme-");
  await context.route(heavy, async (route) => (await held, route.continue()));
  const page = await Playground.open({ newPage: async () => {
    const page = await context.newPage();
    return Object.assign(page, { goto: ((goto) => (url) => goto.call(page, url, { waitUntil: "commit" }))(page.goto) });
  } }, url);
  await page.frame.getByText("Waiting for a node").waitFor();
  await page.frame.locator(".bone-box").first().waitFor();
  const box = await page.frame.locator(".map-skeleton").boundingBox();
  go();
  await page.whenPrompt();
  const grid = await page.frame.locator(".map-grid").boundingBox();
  assert.ok(Math.abs(grid.x - box.x) < 2, "boxes appear where the poster had them");
});
