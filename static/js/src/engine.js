// Finds a place for the simulation: a worker; a worker from a blob where the page's origin is opaque; or, where no
// worker can be had, this thread. All three speak through a MessagePort: [json, bytes?].

import { asset, assetIfAny, compile } from "./assets.js";
import { restOf } from "./rest.js";

/** How long a worker may take to say that it runs before the page's own thread takes over. */
const WORKER_WAIT_MS = 15000;

let warmed = null;

/** Starts loading before the app asks. */
export function warm() {
  warmed ??= open();
  return warmed;
}

/** Calls `ready(link, mode)` with something to `send` to, and `receive(json, bytes)` for each message. */
export function connect(receive, ready, failed) {
  warm().then(
    ({ port, mode, idle }) => {
      // With its first message the engine has done what was urgent.
      const first = once(idle);
      port.onmessage = ({ data }) => {
        receive(data[0], data[1] ?? null);
        first();
      };
      ready({ send: (json, bytes) => port.postMessage(bytes ? [json, bytes] : [json]) }, mode);
    },
    (error) => failed(String(error?.message ?? error)),
  );
}

function once(call) {
  return () => {
    call?.();
    call = null;
  };
}

async function open() {
  const urls = { script: asset("worker"), rest: assetIfAny("worker-rest") };
  // Compiled here, off the thread, from what the page has preloaded: a worker would fetch it a second time.
  const compiled = compile(asset("worker-wasm"));
  const wanted = new URLSearchParams(location.search).get("thread");
  if (wanted !== "page") {
    for (const make of [plainWorker, blobWorker]) {
      try {
        const worker = make(asset("engine-worker"));
        const port = await inWorker(worker, urls, compiled);
        return { port, mode: "worker", idle: () => worker.postMessage({ idle: true }) };
      } catch (error) {
        console.info("no worker this way:", error?.message ?? error);
      }
    }
  }
  return { port: await onPage(urls, compiled), mode: "page" };
}

const plainWorker = (boot) => new Worker(boot, { type: "module", name: "kubarium" });

/** A worker script of another origin is refused, but a (classic) worker of a blob may import it. */
function blobWorker(boot) {
  const text = `import(${JSON.stringify(boot)}).catch((error) => postMessage({ failed: String(error) }));
const early = []; onmessage = (event) => early.push(event); globalThis.early = early;`;
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  return new Worker(url, { name: "kubarium" });
}

function inWorker(worker, urls, compiled) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    let timer;
    function fail(error) {
      clearTimeout(timer);
      worker.terminate();
      reject(error);
    }
    worker.onerror = (event) => fail(new Error(event.message ?? "the worker cannot be loaded"));
    worker.onmessage = ({ data }) => {
      if (data.failed) return fail(new Error(data.failed));
      clearTimeout(timer);
      worker.onerror = (event) => globalThis.dispatchEvent(new CustomEvent("kubarium:crash", { detail: event.message }));
      resolve(port1);
    };
    compiled.then((module) => {
      timer = setTimeout(() => fail(new Error("the worker does not answer")), WORKER_WAIT_MS);
      worker.postMessage({ ...urls, module, port: port2 }, [port2]);
    }).catch(fail);
  });
}

async function onPage({ script, rest }, compiled) {
  const { port1, port2 } = new MessageChannel();
  const [engine, module] = await Promise.all([import(script), compiled]);
  // A page cannot wait for a file in the middle of a call: all has to be there at once.
  await restOf(await engine.default({ module_or_path: module }), rest)();
  addEventListener("error", ({ error, message }) => {
    if (error instanceof WebAssembly.RuntimeError) dispatchEvent(new CustomEvent("kubarium:crash", { detail: message }));
  });
  engine.serve(port2, new URL("./", document.baseURI).href, true);
  return port1;
}
