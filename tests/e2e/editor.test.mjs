// Files and the editor: the API server's findings inline, apply, and the editor that kubectl opens.
import assert from "node:assert/strict";

import { Playground } from "./lib/page.mjs";
import { eventually, test } from "./lib/test.mjs";

const content = (page) => page.frame.locator("[data-testid=editor] .cm-content");
const findings = (page) => page.byId("findings");

// Puts the cursor behind a line's text and replaces its last characters.
async function endOfLine(page, within, text, drop, put) {
  await within.locator(".cm-line", { hasText: text }).first().click();
  await page.page.keyboard.press("End");
  for (let i = 0; i < drop; i++) await page.page.keyboard.press("Backspace");
  await page.page.keyboard.insertText(put);
}

async function openHello(page) {
  await page.byId("file-hello.yaml").click();
  await content(page).locator(".cm-line", { hasText: "kind: Deployment" }).waitFor();
}

test("a new workstation has a manifest, the API server checks it line by line, apply runs it", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await openHello(page);
  await eventually("it is fine", async () => /would take it/.test(await findings(page).textContent()));

  await endOfLine(page, content(page), "replicas: 2", 1, "-2");
  await eventually("one finding", async () => {
    const text = await findings(page).textContent();
    return /^1 finding/.test(text) || text;
  });
  const told = await findings(page).locator("li").allTextContents();
  assert.equal(told.length, 1);
  assert.match(told[0], /line 8 *spec\.replicas: Invalid value: -2: must be greater than or equal to 0/);
  await page.frame.locator(".cm-lint-marker-error").waitFor();

  await endOfLine(page, content(page), "replicas: -2", 2, "3");
  await eventually("it is fine again", async () => /would take it/.test(await findings(page).textContent()));
  await page.byId("apply").click();
  assert.match(await page.byId("strip-line").textContent(), /kubectl apply -f ~\/hello.yaml/);
  await eventually("three pods", async () => (await page.pods()).filter((it) => it.name.startsWith("hello-")).length === 3);
  assert.match(await page.type("cat hello.yaml | grep replicas"), /replicas: 3/);
  await page.type("sed -i s/nginx:1.28/nginx:1.27/ hello.yaml");
  await content(page).locator(".cm-line", { hasText: "nginx:1.27" }).waitFor();
});

test("files are made, renamed and deleted", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await page.byId("new-file").click();
  await page.byId("file-name-input").fill("lab/web.yaml");
  await page.byId("file-name-input").press("Enter");
  await page.byId("file-lab/web.yaml").waitFor();
  assert.match(await page.type("ls lab"), /web\.yaml/);
  await page.type("mv lab/web.yaml lab/other.yaml");
  await page.byId("file-lab/other.yaml").waitFor();
  await page.frame.getByRole("button", { name: "Delete other.yaml" }).click();
  await page.byId("confirm-yes").click();
  await eventually("it is gone", async () => (await page.byId("file-lab/other.yaml").count()) === 0);
});

const edit = (page) => page.byId("edit-screen");

async function startEdit(page, line) {
  await page.byId("terminal-0").click();
  await page.page.keyboard.type(`${line}\n`);
  await edit(page).waitFor();
}

test("kubectl edit opens the editor: saved, refused, left", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await page.type("kubectl create configmap c --from-literal=word=one");
  await startEdit(page, "kubectl edit configmap c");
  await edit(page).locator(".cm-line", { hasText: "Please edit the object below" }).waitFor();
  await endOfLine(page, edit(page), "word: one", 3, "two");
  await page.byId("edit-save").click();
  await page.terminalWaits(30);
  assert.match(await page.text(), /configmap\/c edited/);
  assert.equal(await page.type("kubectl get configmap c -o jsonpath='{.data.word}{\"\\n\"}'"), "two");

  // What the server refuses comes back with its reason on top.
  await page.type("kubectl create deployment web --image=nginx");
  await startEdit(page, "kubectl edit deployment web");
  await endOfLine(page, edit(page), "replicas: 1", 1, "-1");
  await page.byId("edit-save").click();
  await edit(page).locator(".cm-line", { hasText: "must be greater than or equal to 0" }).waitFor();
  await page.byId("edit-quit").click();
  await page.terminalWaits(30);
  assert.match(await page.text(), /[Ee]dit cancelled/);
  assert.match(await page.type("kubectl get deployment web"), /1\/1|0\/1/);
});

test("vi edits in the terminal, and the page's editor follows", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await openHello(page);
  await page.byId("terminal-0").click();
  const keys = page.page.keyboard;
  await keys.type("vi hello.yaml\n");
  await eventually("vi shows it", async () => /kind: Deployment/.test(await page.text()));
  await keys.type("ggO# from vi");
  await keys.press("Escape");
  await keys.type(":wq\n");
  await page.terminalWaits(30);
  assert.match(await page.type("head -1 hello.yaml"), /# from vi/);
  await content(page).locator(".cm-line", { hasText: "# from vi" }).waitFor();
});
