// The worker's entry: loads the engine and hands it the port that the page sent; later, when the page has other things
// to do, the engine's rest.

import { restOf } from "./rest.js";

let loadRest = null;

async function start({ script, module, rest, port }) {
  try {
    const engine = await import(script);
    loadRest = restOf(await engine.default({ module_or_path: module }), rest);
    engine.serve(port, new URL("./", script).href, false);
    postMessage({ ready: true });
  } catch (error) {
    postMessage({ failed: String(error?.message ?? error) });
  }
}

async function receive({ data }) {
  if (!data.idle) return start(data);
  // What cannot be had now is asked for again when it is needed.
  await loadRest().catch((error) => console.info("the rest of the engine:", error?.message ?? error));
}

onmessage = receive;
for (const event of globalThis.early ?? []) receive(event);
