// The worker's entry: loads the engine and hands it the port that the page sent.

async function start({ script, module, port }) {
  try {
    const engine = await import(script);
    await engine.default({ module_or_path: module });
    engine.serve(port, new URL("./", script).href, false);
    postMessage({ ready: true });
  } catch (error) {
    postMessage({ failed: String(error?.message ?? error) });
  }
}

onmessage = ({ data }) => start(data);
for (const event of globalThis.early ?? []) start(event.data);
