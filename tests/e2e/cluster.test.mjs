// The main job in a browser: a Deployment rolls out, is looked at, rewound, kept, shared and embedded.
import assert from "node:assert/strict";

import { embedder } from "./lib/hosts.mjs";
import { Playground } from "./lib/page.mjs";
import { eventually, test } from "./lib/test.mjs";

const CREATE = "kubectl create deployment web --image=nginx:1.27 --replicas=3";

async function ready(page) {
  await page.whenPrompt();
  await page.whenSystemRuns();
}

async function rollOut(page) {
  await page.type(CREATE);
  await page.typeUntil("kubectl rollout status deployment/web", /deployment "web" successfully rolled out/);
}

const webPods = async (page) => (await page.pods()).filter((it) => it.name.startsWith("web-"));

test("a Deployment is created, exposed, updated and undone", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await ready(page);
  assert.equal(await page.type(CREATE), "deployment.apps/web created");
  await page.typeUntil("kubectl rollout status deployment/web", /deployment "web" successfully rolled out/);
  await eventually("three pods run on the map", async () => {
    const pods = await webPods(page);
    return (pods.length === 3 && pods.every((it) => it.look === "ready")) || pods;
  });

  assert.equal(await page.type("kubectl expose deployment web --port=80"), "service/web exposed");
  await page.show("services");
  await eventually("the service has endpoints", async () => {
    const ready = await page.byId("ready-web").textContent();
    return ready === "3 of 3 ready" || ready;
  });

  assert.equal(await page.type("kubectl set image deployment/web nginx=nginx:1.28"), "deployment.apps/web image updated");
  await page.show("rollout");
  await page.typeUntil("kubectl rollout status deployment/web", /successfully rolled out/);
  await eventually("the second revision is complete", async () => {
    const progress = await page.byId("rollout-progress").textContent();
    return /complete/.test(progress) || progress;
  });
  await page.byId("revision-2").waitFor();
  assert.match(await page.byId("revision-2").textContent(), /nginx:1\.28/);

  assert.equal(await page.type("kubectl rollout undo deployment/web"), "deployment.apps/web rolled back");
  await page.typeUntil("kubectl rollout status deployment/web", /successfully rolled out/);
  assert.match(await page.type("kubectl get deployment web -o wide"), /nginx:1\.27/);
  await page.byId("revision-3").waitFor();
});

test("a rewind shows the moment before the update", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await ready(page);
  await rollOut(page);
  const before = (await webPods(page)).map((it) => it.name).sort();
  await page.type("kubectl set image deployment/web nginx=nginx:1.28");
  await page.typeUntil("kubectl rollout status deployment/web", /successfully rolled out/);
  await eventually("other pods run", async () => {
    const names = (await webPods(page)).map((it) => it.name);
    return (names.length === 3 && names.every((it) => !before.includes(it))) || names;
  });

  await page.pause();
  const track = page.byId("track");
  await track.focus();
  await eventually("the pods of before are back", async () => {
    await track.press("ArrowLeft");
    const names = (await webPods(page)).map((it) => it.name).sort();
    return JSON.stringify(names) === JSON.stringify(before) || names;
  });
  assert.match(await page.byId("time-state").textContent(), /ago$/);
  await page.byId("live").click();
  await eventually("and live shows the new ones", async () => {
    const names = (await webPods(page)).map((it) => it.name);
    return names.every((it) => !before.includes(it)) || names;
  });
});

test("a reload keeps the cluster, the files and the history", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await ready(page);
  await rollOut(page);
  await page.type("echo kept > note.txt");
  await page.pause();
  const hash = await page.hash();
  const pods = (await webPods(page)).map((it) => it.name).sort();
  // What is saved is at most a moment old.
  await new Promise((next) => setTimeout(next, 1500));

  await page.page.reload();
  await page.whenPrompt();
  await eventually("the pods are back", async () => {
    const names = (await webPods(page)).map((it) => it.name).sort();
    return JSON.stringify(names) === JSON.stringify(pods) || names;
  });
  await page.pause();
  assert.equal(await page.hash(), hash);
  assert.equal(await page.type("cat note.txt"), "kept");
});

// Makes a link of a cluster in which something has happened; the link and its history hash.
async function share(page) {
  await page.pause();
  await page.byId("share").click();
  const text = page.byId("share-text");
  await text.waitFor();
  await page.byId("share-dialog").locator("summary").click();
  return { link: await text.inputValue(), hash: await page.byId("share-hash").textContent() };
}

test("a link reopens the same cluster in another profile", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await ready(page);
  await rollOut(page);
  const { link, hash } = await share(page);
  assert.ok(link.length < 8000, `the link has ${link.length} characters`);

  const other = await Playground.open(await profile(), link);
  await other.byId("open-link").waitFor();
  assert.match(await other.byId("link-commands").textContent(), /deployment/);
  await other.byId("link-run").click();
  await eventually("the same pods are there", async () => (await webPods(other)).length === 3 || (await other.pods()));
  await other.pause();
  assert.ok(hash.startsWith(await other.hash()) || (await other.hash()) === hash, "the history is the same");
});

// Opens the embed of a link inside a page of another origin.
async function embedded(profile, atEnd, url, link, sandbox) {
  const source = `${url}/embed.html${link.slice(link.indexOf("#"))}`;
  const frame = `<iframe title="Kubarium" sandbox="${sandbox}" style="width:1100px;height:700px" src="${source}"></iframe>`;
  const host = await embedder(`<!doctype html><title>A blog</title><h1>A post</h1>${frame}`);
  atEnd(host.close);
  const page = await (await profile()).newPage();
  await page.goto(host.url);
  const handle = await page.waitForSelector("iframe");
  return new Playground(page, await handle.contentFrame());
}

for (const [where, sandbox] of [
  ["another origin", "allow-scripts allow-same-origin"],
  ["an opaque origin", "allow-scripts"],
]) {
  test(`an embed runs on ${where}`, async ({ url, profile, results, atEnd }) => {
    const page = await Playground.open(await profile(), url);
    await ready(page);
    await rollOut(page);
    const { link } = await share(page);

    const embed = await embedded(profile, atEnd, url, link, sandbox);
    await embed.byId("link-run").click();
    await eventually("the pods are there", async () => (await webPods(embed)).length === 3 || (await embed.pods()));
    assert.match(await embed.type("kubectl get deployment web"), /web +3\/3/);
    await embed.page.screenshot({ path: `${results}/embed-${sandbox.includes("same-origin") ? "other" : "opaque"}.png` });
  });
}
