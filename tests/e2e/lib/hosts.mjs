// Hosts that are not ours: another origin that embeds the page, and static hosts with faults that real ones have.
import { readFile } from "node:fs/promises";
import http from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const dist = join(dirname(fileURLToPath(import.meta.url)), "../../../dist");

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

// Serves one HTML text at every path, on an origin of its own.
export function embedder(html) {
  return listen((_, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(html);
  });
}

// Serves dist/ below a path, without compression, with the types given over the right ones; each answer waits for what
// `before` gives for its path.
export function staticHost({ base = "/", types = {}, before = () => null } = {}) {
  return listen(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
    const inside = path.startsWith(base) ? normalize(path.slice(base.length)) : "..";
    try {
      if (inside.startsWith("..")) throw new Error("outside");
      const file = inside === "." || inside.endsWith("/") ? join(inside, "index.html") : inside;
      const body = await readFile(join(dist, file));
      await before(path);
      const type = { ...TYPES, ...types }[extname(file)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, "access-control-allow-origin": "*" });
      response.end(body);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("not found");
    }
  });
}

async function listen(answer) {
  const server = http.createServer(answer);
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const close = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}
