// The first minute: something to read, something to click, something to break, and the way back.
import assert from "node:assert/strict";

import { Playground } from "./lib/page.mjs";
import { eventually, test } from "./lib/test.mjs";

const step = async (page) => (await page.byId("coach").count()) && page.byId("coach").locator(".coach-count").textContent();
const at = (page, position) => eventually(`step ${position}`, async () => (await step(page)) === position || (await step(page)));
const webPods = async (page) => (await page.pods()).filter((it) => it.name.startsWith("web-"));

test("the first minute: do, break, rewind, go on", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  assert.equal(await page.frame.locator("dialog").count(), 0, "no dialog greets");
  await at(page, "1/4");

  const clicked = await page.now();
  await page.byId("coach-deed").click();
  await eventually("the click is seen on the map", async () => (await webPods(page)).length > 0);
  assert.ok((await page.now()) - clicked < 5000, "soon");
  await at(page, "2/4");
  await eventually("three pods run", async () => (await webPods(page)).filter((it) => it.look === "ready").length === 3);

  await page.byId("coach-deed").click();
  await at(page, "3/4");
  await eventually("a pod fails, the old ones serve", async () => {
    const pods = await webPods(page);
    return (pods.some((it) => it.look === "failing") && pods.filter((it) => it.look === "ready").length === 3) || pods;
  }, { seconds: 60 });
  await page.frame.locator(".mark.warning").first().waitFor();
  const marks = await page.frame.locator(".mark.command").evaluateAll((all) => all.map((it) => it.title).join("\n"));
  assert.match(marks, /kubectl create deployment web --image=nginx --replicas=3/);
  assert.match(marks, /kubectl set image deployment\/web nginx=nginx:9.99/);

  await page.byId("coach-deed").click();
  await at(page, "4/4");
  await eventually("the mistake is undone", async () => {
    const pods = await webPods(page);
    return (pods.length === 3 && pods.every((it) => it.look === "ready")) || pods;
  });
  await page.byId("live").click();
  await eventually("the hints are over", async () => (await page.byId("coach").count()) === 0);
  await eventually("time goes on", async () => {
    const state = await page.byId("time-state").textContent();
    return state !== "paused" || state;
  });
});

test("the hints follow what is typed, too", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await at(page, "1/4");
  await page.type("kubectl get nodes");
  assert.equal(await step(page), "1/4", "looking is no deed");
  await page.type("kubectl apply -f hello.yaml");
  await at(page, "2/4");
  assert.match(await page.byId("coach-deed").textContent(), /deployment\/hello web=/, "what there is is broken");
  await page.type("kubectl set image deployment/hello web=nginx:9.99");
  await at(page, "3/4");
  await page.byId("track").press("ArrowLeft");
  await at(page, "4/4");
});

test("acting in the past begins a branch; the other future stays", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await page.type("kubectl create deployment web --image=nginx --replicas=2");
  await eventually("two pods", async () => (await webPods(page)).length === 2);
  await page.type("kubectl scale deployment web --replicas=5");
  await eventually("five pods", async () => (await webPods(page)).length === 5);
  await page.frame.locator("#stage").focus();
  await page.page.keyboard.press("<");
  await eventually("before the scaling", async () => (await webPods(page)).length === 2 || (await webPods(page)).length);
  await page.byId("branch").click();
  await eventually("another line of history", async () => (await page.byId("branches").count()) === 1);
  assert.equal((await webPods(page)).length, 2);
  await page.byId("branches").selectOption({ index: 0 });
  await eventually("the first branch still has five", async () => (await webPods(page)).length === 5 || (await webPods(page)).length);
});

test("step, speed, run until idle", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await page.pause();
  await page.type("kubectl create deployment web --image=nginx --replicas=3");
  const clock = () => page.byId("clock").textContent();
  const before = await clock();
  await page.byId("step").click();
  await page.byId("stepped").waitFor();
  assert.match(await page.byId("stepped").textContent(), /deployment-controller created ReplicaSet .* because Deployment default\/web was created/);
  await page.byId("run-until-idle").click();
  await eventually("all run", async () => {
    const pods = await webPods(page);
    return (pods.length === 3 && pods.every((it) => it.look === "ready")) || pods;
  });
  assert.notEqual(await clock(), before);
  await page.byId("speed").selectOption("100");
  await page.byId("play").click();
  const minute = async () => (await clock()).slice(3, 5);
  const now = await minute();
  await eventually("minutes pass in a moment", async () => (await minute()) !== now);
});
