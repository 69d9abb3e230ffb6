// Where the app's files are, and how WebAssembly is loaded from hosts that do not know its type.

/** The URL of a file that the page's head names. */
export function asset(name) {
  return document.getElementById(`asset-${name}`).href;
}

/** The same, where a build may do without. */
export function assetIfAny(name) {
  return document.getElementById(`asset-${name}`)?.href ?? null;
}

/** Compiles WebAssembly while it arrives, or from a buffer where the host sends a wrong Content-Type. */
export async function compile(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  const type = response.headers.get("Content-Type") ?? "";
  if (type.startsWith("application/wasm")) return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}
