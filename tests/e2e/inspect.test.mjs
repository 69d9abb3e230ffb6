// Objects looked at and acted on: the inspector, its kubectl lines, faults, causes.
import assert from "node:assert/strict";

import { Playground } from "./lib/page.mjs";
import { eventually, test } from "./lib/test.mjs";

const strip = (page) => page.byId("strip-line").textContent();
const webPods = async (page) => (await page.pods()).filter((it) => it.name.startsWith("web-"));

async function withWeb(profile, url, replicas = 2) {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await page.type(`kubectl create deployment web --image=nginx --replicas=${replicas}`);
  await eventually("its pods run", async () => {
    const pods = await webPods(page);
    return (pods.length === replicas && pods.every((it) => it.look === "ready")) || pods;
  });
  return page;
}

test("an object has a summary, YAML, events and a chain of causes back to the command", async ({ url, profile }) => {
  const page = await withWeb(profile, url);
  const [{ name }] = await webPods(page);
  await page.byId(`pod-${name}`).click();
  assert.equal(await page.byId("inspector-name").textContent(), name);
  assert.equal(await strip(page), `kubectl describe pod ${name}`);
  await page.byId("inspector").getByText("Running").first().waitFor();
  await page.byId("face-yaml").click();
  await eventually("it is YAML", async () => /\nkind: Pod\n/.test(await page.byId("yaml").textContent()));
  assert.equal(await strip(page), `kubectl get pod ${name} -o yaml`);
  await page.byId("face-events").click();
  await page.byId("inspector").getByText("Successfully assigned").waitFor();
  assert.equal(await strip(page), `kubectl events --for pod/${name}`);
  await page.byId("face-why").click();
  const last = page.byId("causes").locator("li").last();
  await last.waitFor();
  assert.match(await last.textContent(), /you ran kubectl create deployment web --image=nginx --replicas=2/);
  const chain = await page.byId("causes").locator("li").allTextContents();
  for (const who of [/kubelet/, /replicaset-controller/, /deployment-controller/]) {
    assert.ok(chain.some((it) => who.test(it)), `${who} is part of ${chain.join(" | ")}`);
  }
  await page.byId("face-scheduling").click();
  await page.byId("decision").waitFor();
});

test("clicks on an object run their kubectl lines", async ({ url, profile }) => {
  const page = await withWeb(profile, url);
  await page.show("resources");
  await page.byId("kind-deployments").click();
  assert.equal(await strip(page), "kubectl get deployments --all-namespaces");
  await page.byId("row-web").click();
  await page.byId("scale-up").click();
  assert.equal(await strip(page), "kubectl scale deployment/web --replicas=3");
  await eventually("three", async () => (await page.byId("replicas").textContent()) === "3");
  await page.byId("do-restart").click();
  assert.equal(await strip(page), "kubectl rollout restart deployment/web");
  await page.byId("show-rollout").click();
  await page.byId("view-rollout").waitFor();
  await page.byId("rollout-pause").click();
  assert.equal(await strip(page), "kubectl rollout pause deployment/web");
  await eventually("paused", async () => /paused/.test(await page.byId("rollout-progress").textContent()));
  await page.byId("rollout-pause").click();
  assert.equal(await strip(page), "kubectl rollout resume deployment/web");
  await eventually("complete", async () => /complete/.test(await page.byId("rollout-progress").textContent()), { seconds: 60 });
  await page.byId("undo-1").click();
  assert.equal(await strip(page), "kubectl rollout undo deployment/web --to-revision=1");
  await page.byId("revision-3").waitFor();
  await page.show("map");
  await page.frame.locator('[data-testid="node-node-1"] .node-head').click();
  await page.byId("drain").click();
  await eventually("the node is drained", async () => {
    const left = await page.frame.locator('[data-testid="node-node-1"] [data-testid^="pod-web-"]').count();
    return left === 0 || left;
  }, { seconds: 60 });
  await page.byId("cordon").click();
  assert.equal(await strip(page), "kubectl uncordon node-1");
  await page.byId("terminal-tab-0").click();
  assert.match(await page.type("kubectl get node node-1"), /Ready /);
  await page.byId("do-delete").click();
  await page.byId("confirm-yes").click();
  assert.equal(await strip(page), "kubectl delete node node-1");
  await eventually("its box is gone", async () => (await page.byId("node-node-1").count()) === 0);
});

test("a pod's logs, a shell in it and its YAML: by button and by key", async ({ url, profile }) => {
  const page = await withWeb(profile, url, 1);
  const [{ name }] = await webPods(page);
  const keys = page.page.keyboard;
  const inTerminal = () => page.page.evaluate(() => Boolean(document.activeElement?.closest(".xterm")));
  const says = (terminal, pattern) =>
    eventually(`terminal ${terminal + 1} shows ${pattern}`, async () => pattern.test(await page.text(terminal)) || page.text(terminal));
  await page.byId(`pod-${name}`).click();
  await page.byId("do-logs").click();
  assert.equal(await strip(page), `kubectl logs ${name}`);
  await says(0, /start worker processes/);
  assert.ok(!(await inTerminal()), "logs are read: the focus stays for the next key");

  // A shell is typed into, at once.
  await page.byId("do-shell").click();
  assert.equal(await strip(page), `kubectl exec -it ${name} -- sh`);
  await says(0, /[#$] *$/);
  await eventually("the shell has the keys", inTerminal);
  await says(0, /-- sh\n.*# *$/);
  await keys.type("hostname\n");
  await says(0, new RegExp(`\\n${name}\\n`));

  // The first terminal is taken: the edit has a second one, with its editor in the place of that terminal alone.
  await page.byId("do-edit").click();
  assert.equal(await strip(page), `kubectl edit pod ${name}`);
  const editor = page.byId("edit-screen");
  await editor.locator(".cm-line", { hasText: "Please edit the object below" }).waitFor();
  await page.byId("terminal-tab-0").click();
  await editor.waitFor({ state: "detached" });
  await says(0, new RegExp(`\\n${name}\\n`));
  await page.byId("terminal-tab-1").click();
  await editor.waitFor();
  await page.byId("edit-quit").click();
  await says(1, /Edit cancelled, no changes made/);
  await eventually("who has edited can type on", inTerminal);

  // The same by keys, from outside of the terminal.
  await page.frame.locator("#stage").focus();
  await keys.press("l");
  await says(1, /start worker processes/);
  await keys.press("e");
  await editor.waitFor();
  await keys.press("Control+s");
  await editor.waitFor({ state: "detached" });
  await page.frame.locator("#stage").focus();
  await keys.press("s");
  await eventually("the shell has the keys", inTerminal);
  await keys.type("exit\n");
  await page.frame.locator("#stage").focus();
  await keys.press("Control+d");
  assert.match(await page.byId("confirm").textContent(), new RegExp(`kubectl delete pod ${name}`));
  await keys.press("Escape");
  await keys.press("Escape");
  await page.byId("inspector").waitFor({ state: "detached" });
});

test("on a phone, Logs and Shell go to the terminal", async ({ url, profile }) => {
  const page = await Playground.open(await profile({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }), url);
  await page.byId("pod-etcd-control-plane").tap();
  await page.byId("do-logs").tap();
  await page.byId("terminal-0").waitFor();
  await eventually("its logs", async () => /kubectl logs etcd-control-plane -n kube-system/.test((await page.text()).replaceAll("\n", "")) || page.text());
  await page.byId("pane-cluster").tap();
  await page.byId("do-shell").tap();
  await eventually("the keys are there", () => page.page.evaluate(() => Boolean(document.activeElement?.closest(".xterm"))));
});

test("a fault is no command: the strip says it, and does not offer to run it", async ({ url, profile }) => {
  const page = await Playground.open(await profile(), url);
  await page.whenPrompt();
  await page.frame.locator('[data-testid="node-node-1"] .node-head').click();
  await page.byId("node-power").click();
  assert.match(await strip(page), /^# node-1 loses power/);
  assert.ok(await page.byId("strip-run").isDisabled());
});

test("faults break things, show on the time bar, and are mended", async ({ url, profile }) => {
  const page = await withWeb(profile, url);
  await page.frame.locator('[data-testid="node-node-1"] .node-head').click();
  await page.byId("node-power").click();
  await page.byId("faults").getByText("node-1 has no power").waitFor();
  await page.frame.locator(".mark.fault").first().waitFor();
  await page.byId("speed").selectOption("50");
  await eventually("the node is lost", async () => {
    const word = await page.byId("node-node-1").locator(".node-word").allTextContents();
    return word.length > 0 || word;
  }, { seconds: 60 });
  await page.byId("face-why").click();
  await eventually("the fault is the reason", async () => {
    const chain = await page.byId("causes").locator("li").allTextContents();
    return /stop node node-1/.test(chain.at(-1) ?? "") || chain;
  });
  await page.page.reload();
  await page.whenPrompt();
  await page.byId("faults").getByText("node-1 has no power").waitFor();
  await page.byId("mend").click();
  await eventually("it is back", async () => (await page.byId("node-node-1").locator(".node-word").count()) === 0, { seconds: 60 });
  assert.equal(await page.byId("faults").locator("li").count(), 0);
});

test("a container that is killed is started again; a stopped scheduler leaves pods waiting", async ({ url, profile }) => {
  const page = await withWeb(profile, url, 1);
  const [{ name }] = await webPods(page);
  await page.byId(`pod-${name}`).click();
  await page.byId("kill-nginx").click();
  await eventually("it was restarted", async () => /1 restarts/.test(await page.byId("inspector").textContent()), { seconds: 60 });
  await page.frame.locator('[data-testid="node-control-plane"] .node-head').click();
  await page.byId("component-kube-scheduler").click();
  await page.byId("faults").getByText("kube-scheduler is stopped").waitFor();
  await page.type("kubectl scale deployment web --replicas=3");
  await eventually("two wait for a node", async () => {
    const waiting = await page.byId("lane").locator('[data-testid^="pod-web-"]').count();
    return waiting === 2 || waiting;
  });
  await page.byId("mend").click();
  await eventually("they are placed", async () => (await page.byId("lane").locator('[data-testid^="pod-web-"]').count()) === 0, { seconds: 60 });
});
