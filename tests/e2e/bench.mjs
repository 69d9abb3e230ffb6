// Measures the page and prints one JSON object. usage: node bench.mjs URL   — CHROMIUM names the browser
import { launch } from "./lib/browser.mjs";
import { Playground } from "./lib/page.mjs";

const TURNS = 5;
const url = process.argv[2];
if (!url) {
  console.error("usage: node tests/e2e/bench.mjs URL");
  process.exit(2);
}

// Without it, memory figures are rounded and late.
const browser = await launch(["--enable-precise-memory-info"]);
const turns = [];
for (let turn = 0; turn < TURNS; turn++) turns.push(await start());
const result = Object.fromEntries(Object.keys(turns[0]).map((key) => [key, median(turns.map((it) => it[key]))]));
Object.assign(result, await thousandPods(100, "pods_1000"), await thousandPods(1, "pods_1000_live"));
await browser.close();
console.log(JSON.stringify(result));

// A first visit, and a second one with a warm cache.
async function start() {
  const context = await browser.newContext();
  const page = await Playground.open(context, url);
  const first = await moments(page);
  const memory = await page.memory();
  const again = await moments(await Playground.open(context, url));
  await context.close();
  return { ...first, again_prompt_ms: again.prompt_ms, memory_mib: memory };
}

// Milliseconds from navigation until things happen; the page's clock starts at navigation.
async function moments(page) {
  const prompt_ms = await page.whenPrompt();
  const running_ms = await page.whenSystemRuns();
  const first_paint_ms = await page.firstPaint();
  return { first_paint_ms, prompt_ms, running_ms };
}

// A large Deployment on a large cluster: how long the work takes when simulated time does not slow it down (100×), and
// as a person sees it (1×, where pulls and starts take their simulated seconds); and whether the page stays responsive.
async function thousandPods(speed, name) {
  const context = await browser.newContext();
  const page = await Playground.open(context, `${url}/?nodes=100`);
  await page.whenSystemRuns();
  await page.terminalWaits(60);
  await page.byId("speed").selectOption(String(speed));
  await page.byId("terminal-0").click();
  await page.page.keyboard.type("kubectl create deployment big --image=nginx --replicas=1000");
  await page.watchLongTasks();
  const before = await page.now();
  const ready = page.whenReady(1000);
  await page.page.keyboard.press("Enter");
  const took = (await ready) - before;
  const longest = await page.longestTask();
  await context.close();
  return { [`${name}_ms`]: took, [`${name}_longest_task_ms`]: longest };
}

function median(values) {
  return values.filter((it) => it != null).sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}
