// The worker's entry: loads the engine and hands it the port that the page sent.

import { compile } from "./assets.js";

async function start({ script, wasm, port }) {
  try {
    const [engine, module] = await Promise.all([import(script), compile(wasm)]);
    await engine.default({ module_or_path: module });
    engine.serve(port, new URL("./", script).href, false);
    postMessage({ ready: true });
  } catch (error) {
    postMessage({ failed: String(error?.message ?? error) });
  }
}

onmessage = ({ data }) => start(data);
for (const event of globalThis.early ?? []) start(event.data);
