// The page as a person uses it: everything the tests do goes through here.
import { eventually } from "./test.mjs";

// What of the system runs on every cluster, as `kubectl get pods -n kube-system` begins its lines.
const SYSTEM = ["coredns-", "etcd-", "kube-apiserver-", "kube-controller-manager-", "kube-scheduler-"];
const PROMPT = /\$\s*$/;

export class Playground {
  // `frame`: the page itself, or the frame that embeds it.
  constructor(page, frame = page) {
    this.page = page;
    this.frame = frame;
  }

  static async open(context, url) {
    const page = await context.newPage();
    await page.goto(url);
    return new Playground(page);
  }

  byId(id) {
    return this.frame.getByTestId(id);
  }

  // ---- moments, in milliseconds on the page's own clock, which starts at navigation

  now() {
    return this.frame.locator("html").evaluate(() => performance.now());
  }

  async whenPrompt() {
    await this.terminalWaits(60);
    return this.now();
  }

  async whenSystemRuns() {
    await eventually("kube-system runs", async () => {
      const pods = await this.pods();
      const up = (it) => SYSTEM.some((start) => it.name.startsWith(start)) && it.look === "ready";
      const missing = SYSTEM.filter((start) => !pods.some((it) => it.name.startsWith(start) && up(it)));
      const starting = pods.filter((it) => it.look !== "ready").map((it) => it.name);
      return missing.length + starting.length === 0 || [...missing, ...starting].join(" ");
    });
    return this.now();
  }

  firstPaint() {
    return this.frame.locator("html").evaluate(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
    );
  }

  watchLongTasks() {
    return this.frame.locator("html").evaluate(() => {
      globalThis.longestTask = 0;
      const longer = (list) => list.getEntries().forEach((it) => (globalThis.longestTask = Math.max(globalThis.longestTask, it.duration)));
      new PerformanceObserver(longer).observe({ type: "longtask" });
    });
  }

  longestTask() {
    return this.frame.locator("html").evaluate(() => globalThis.longestTask);
  }

  // MiB of the page and its worker, where the browser tells.
  memory() {
    return this.frame.locator("html").evaluate(() => (performance.memory?.usedJSHeapSize ?? NaN) / 2 ** 20);
  }

  // ---- the terminal

  // The visible rows of a terminal.
  async rows(terminal = 0) {
    const rows = await this.byId(`terminal-${terminal}`).locator(".xterm-rows > div").allTextContents();
    return rows.map((row) => row.replaceAll("\u00a0", " ").trimEnd());
  }

  async text(terminal = 0) {
    return (await this.rows(terminal)).join("\n").trimEnd();
  }

  async terminalWaits(seconds) {
    await eventually("the prompt is there", async () => {
      const text = await this.text();
      return PROMPT.test(text) || text.slice(-300);
    }, { seconds });
  }

  // Types a line, waits until the prompt is back, and gives what it printed (as far as it is still on the screen). A
  // comment behind the line makes it unlike any other, so that an older prompt is not taken for the one that follows it.
  async type(line, { seconds = 30 } = {}) {
    await this.terminalWaits(seconds);
    await this.byId("terminal-0").click();
    this.typed = (this.typed ?? 0) + 1;
    const mark = `#${this.typed}.`;
    await this.page.keyboard.type(`${line} ${mark}`);
    await this.page.keyboard.press("Enter");
    let seen = false;
    let output = "";
    await eventually(`${line} has run`, async () => {
      const rows = (await this.text()).split("\n");
      const at = rows.findLastIndex((row) => row.includes(mark));
      seen ||= at >= 0;
      output = rows.slice(at + 1, -1).join("\n");
      return (seen && at < rows.length - 1 && PROMPT.test(rows.at(-1))) || rows.slice(-6).join("\n");
    }, { seconds });
    return output;
  }

  // Types until the output says so: for what takes simulated time.
  async typeUntil(line, expected, { seconds = 60 } = {}) {
    await eventually(`${line} shows ${expected}`, async () => {
      const output = await this.type(line, { seconds });
      return expected.test(output) || output;
    }, { seconds });
  }

  // ---- the views

  async show(view) {
    await this.frame.locator(`#tab-${view}`).click();
    await this.byId(`view-${view}`).waitFor();
  }

  // Pods on the map: name and look (ready, unready, starting, …).
  pods() {
    return this.frame.locator('[data-testid^="pod-"][data-look]').evaluateAll((cells) =>
      cells.map((it) => ({ name: it.dataset.testid.slice(4), look: it.dataset.look, label: it.getAttribute("aria-label") })),
    );
  }

  // The moment at which the map's legend counts so many ready pods more than at first, looked at in every frame. Begins
  // to count at once: call it before what makes the pods.
  whenReady(more) {
    return this.frame.locator("html").evaluate((_, more) => {
      const ready = () => {
        const rows = [...document.querySelectorAll(".map .legend li")];
        return Number(rows.find((it) => it.querySelector("span")?.textContent === "ready")?.querySelector("strong").textContent ?? 0);
      };
      const enough = ready() + more;
      return new Promise((done) => {
        const look = () => (ready() >= enough ? done(performance.now()) : requestAnimationFrame(look));
        look();
      });
    }, more);
  }

  // The history hash at the moment shown.
  async hash() {
    const button = this.byId("hash");
    if (!(await button.getAttribute("data-hash"))) await button.click();
    await eventually("the hash is shown", async () => Boolean(await button.getAttribute("data-hash")));
    return button.getAttribute("data-hash");
  }

  async pause() {
    if ((await this.byId("time-state").textContent()) !== "paused") await this.byId("play").click();
    await eventually("it is paused", async () => {
      const state = await this.byId("time-state").textContent();
      return state === "paused" || state;
    });
  }
}
