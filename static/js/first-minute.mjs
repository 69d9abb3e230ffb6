// Plays the first minute of a visit to the world's module, under Node, and tells which of its functions were called.
// What they are decides what a visitor has to wait for: `crates/split` cuts the module there (finish.mjs).
//
// Clock and timers are made up, so that the same module gives the same list. What is sent here need not be all that a
// page sends: a function that is missing in the list is loaded a moment later, and works as well.

import { pathToFileURL } from "node:url";

/** What the map asks for (model/pod_map.rs, views/map.rs), and who has them. */
const POD_PATHS = [
  "metadata.deletionTimestamp", "metadata.ownerReferences.kind", "metadata.ownerReferences.name",
  "metadata.ownerReferences.controller", "spec.nodeName", "spec.containers.resources.requests", "status.phase",
  "status.reason", "status.conditions.type", "status.conditions.status", "status.conditions.reason",
  "status.conditions.message", "status.containerStatuses.ready", "status.containerStatuses.restartCount",
  "status.containerStatuses.state", "status.initContainerStatuses",
];
const NODE_PATHS = ["metadata.labels", "spec.unschedulable", "spec.taints", "status.conditions", "status.allocatable"];
const REPLICA_SET_PATHS = [
  "metadata.annotations", "metadata.ownerReferences", "spec.replicas", "spec.template.spec.containers.image", "status",
];

/** What a page sends before anybody types; numbers are the milliseconds that pass between. */
const OPENING = [
  { Watch: { id: 1, path: "/apis/apps/v1/replicasets", query: [], table: false, keep: REPLICA_SET_PATHS } },
  { Watch: { id: 2, path: "/api/v1/pods", query: [], table: false, keep: POD_PATHS } },
  { Watch: { id: 3, path: "/api/v1/nodes", query: [], table: false, keep: NODE_PATHS } },
  // As text, since JavaScript would write its 1.0 as 1, which is read by other functions.
  '{"Open":{"start":{"Fresh":{"seed":1,"nodes":2,"start":null}},"paused":false,"speed":1.0}}',
  200,
  { OpenTerminal: { terminal: 0, columns: 100, rows: 20 } },
  100,
  { Resize: { terminal: 0, columns: 97, rows: 14 } },
  300,
  { Save: { id: 4 } },
  500,
  { ReadFile: { id: 5, path: "hello.yaml" } },
  100,
  // The editor has it checked.
  (file) => ({ Check: { id: 6, path: "hello.yaml", text: file } }),
  1_500,
  { Save: { id: 7 } },
  2_000,
  { Save: { id: 8 } },
  1_000,
];

/** What is typed while the rest is on its way. */
const TYPED = ["ls\r", "kubectl get nodes\r", "kubectl apply -f hello.yaml\r", "kubectl get pods\r"];
const BETWEEN_MESSAGES_MS = 2;
const LOOK_MS = 0.05;
const BETWEEN_KEYS_MS = 20;
const BETWEEN_LINES_MS = 10_000;

/** Runs the module that `split instrument` wrote, with wasm-bindgen's glue; the numbers of the functions called. */
export async function firstMinute(glue, module) {
  const real = { setTimeout: globalThis.setTimeout, performance: globalThis.performance };
  const time = madeUpTime();
  globalThis.setTimeout = time.setTimeout;
  Object.defineProperty(globalThis, "performance", { value: { now: time.now }, configurable: true });
  try {
    const engine = await import(pathToFileURL(glue).href);
    const exports = engine.initSync({ module });
    const wrong = play(engine, time);
    if (wrong) throw new Error(`the first minute went wrong: ${wrong}`);
    return Object.keys(exports)
      .filter((name) => /^called\d+$/.test(name) && exports[name].value === 1)
      .map((name) => Number(name.slice("called".length)));
  } finally {
    globalThis.setTimeout = real.setTimeout;
    Object.defineProperty(globalThis, "performance", { value: real.performance, configurable: true });
  }
}

/** Timers that fire when the clock is moved. */
function madeUpTime() {
  const timers = new Map();
  let [clock, last] = [0, 0];
  return {
    // Looking at the clock takes time, too: work that is cut into slices is cut here as well.
    now: () => (clock += LOOK_MS),
    setTimeout(call, delay = 0) {
      timers.set(++last, { call, at: clock + delay });
      return last;
    },
    pass(ms) {
      const end = clock + ms;
      for (;;) {
        const due = [...timers].filter(([, it]) => it.at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
        if (!due) break;
        timers.delete(due[0]);
        clock = Math.max(clock, due[1].at);
        due[1].call();
      }
      clock = Math.max(clock, end);
    },
  };
}

/** Sends it all; what is wrong, if the terminal did not show what it must. */
function play(engine, time) {
  let shown = "";
  let file = "";
  const port = {
    postMessage([json]) {
      for (const it of JSON.parse(json)) {
        shown += it.Output?.text ?? "";
        file ||= it.Answer?.answer.File?.text ?? "";
      }
      time.setTimeout(() => send('"Seen"'));
    },
  };
  const send = (it) => port.onmessage({ data: [typeof it === "string" ? it : JSON.stringify(it)] });
  engine.serve(port, "./", false);
  for (const it of OPENING) {
    if (typeof it === "number") time.pass(it);
    else send(typeof it === "function" ? it(file) : it);
    time.pass(BETWEEN_MESSAGES_MS);
  }
  if (!file) return "hello.yaml was not read";
  for (const line of TYPED) {
    for (const key of line) {
      send({ Input: { terminal: 0, text: key } });
      time.pass(BETWEEN_KEYS_MS);
    }
    time.pass(BETWEEN_LINES_MS);
    send({ Save: { id: 9 } });
  }
  const wanted = ["Ready", "deployment.apps/hello created", "Running"].filter((it) => !shown.includes(it));
  return wanted.length ? `no ${wanted.join(", no ")} in ${JSON.stringify(shown)}` : null;
}
