// Trunk's post_build hook: turns Trunk's output into the finished folder.
//
// Trunk writes its loader as an inline script, which the page's Content-Security-Policy forbids, and names the
// WebAssembly files by their hash before optimisation. This gives them the hash of what they hold, fills the head of
// index.html and embed.html (both run the same app), inlines the style sheet so that the first paint needs one
// answer, shortens wasm-bindgen's glue, and tells the service worker which files make one complete set.

import { transformSync } from "esbuild";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const dist = process.env.TRUNK_STAGING_DIR ?? process.argv[2];
const gen = JSON.parse(readFileSync(join(dist, "gen/manifest.json"), "utf8"));
rmSync(join(dist, "gen/manifest.json"));

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

/** Finds a Trunk output by its binary's name and gives it the hash of its content. */
function settle(name, suffix) {
  const pattern = new RegExp(`^${name}(-[0-9a-f]{8,16})?${suffix.replaceAll(".", "\\.")}$`);
  const found = readdirSync(dist).filter((file) => pattern.test(file));
  if (found.length !== 1) throw new Error(`expected one ${name}*${suffix} in ${dist}, found: ${found.join(", ") || "none"}`);
  const settled = `${name}-${hash(readFileSync(join(dist, found[0])))}${suffix.replace("_bg", "")}`;
  renameSync(join(dist, found[0]), join(dist, settled));
  return settled;
}

// wasm-bindgen writes its glue for people to read; visitors get it short.
if (process.env.TRUNK_PROFILE === "release") {
  for (const name of readdirSync(dist).filter((file) => /^(app|worker)[^/]*\.js$/.test(file))) {
    const glue = readFileSync(join(dist, name), "utf8");
    writeFileSync(join(dist, name), transformSync(glue, { minify: true, format: "esm", target: "es2022" }).code);
  }
}

const assets = {
  app: `./${settle("app", ".js")}`,
  "app-wasm": `./${settle("app", "_bg.wasm")}`,
  worker: `./${settle("worker", ".js")}`,
  "worker-wasm": `./${settle("worker", "_bg.wasm")}`,
  loader: `./gen/${gen["loader.js"]}`,
  terminal: `./gen/${gen["terminal.js"]}`,
  editor: `./gen/${gen["editor.js"]}`,
  "engine-worker": `./gen/${gen["engine-worker.js"]}`,
};
const css = readFileSync(join(dist, "gen", gen["page.css"]), "utf8");
rmSync(join(dist, "gen", gen["page.css"]));

const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const preload = (id) => `<link id="asset-${id}" rel="modulepreload" crossorigin href="${assets[id]}">`;
const fetched = (id) => `<link id="asset-${id}" rel="preload" as="fetch" crossorigin href="${assets[id]}">`;
const later = (id) => `<link id="asset-${id}" rel="alternate" href="${assets[id]}">`;
const head = (eager) => `<meta http-equiv="Content-Security-Policy" content="${policy}">
<script src="./gen/${gen["theme.js"]}"></script>
<style>${css}</style>
${(eager ? [preload("app"), fetched("app-wasm"), preload("terminal"), later("worker"), fetched("worker-wasm")] : ["app", "app-wasm", "terminal", "worker", "worker-wasm"].map(later)).join("\n")}
${later("engine-worker")}
${later("editor")}
<script type="module" crossorigin src="${assets.loader}"></script>`;

for (const [page, eager] of [["index.html", true], ["embed.html", false]]) {
  // Both start from the source: nothing of what Trunk put in is wanted.
  let html = readFileSync(join(root, page), "utf8");
  html = html.replace(/^.*data-trunk.*\n/gm, "");
  if (!html.includes("<!-- assets -->")) throw new Error(`${page} has no <!-- assets --> line`);
  html = html.replace("<!-- assets -->", () => head(eager));
  writeFileSync(join(dist, page), html);
}

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(dist.length + 1).replaceAll("\\", "/"))
  .filter((file) => file !== "gen/sw.js" && file !== "sw.js" && !/\.(br|gz|map)$/.test(file))
  .sort();
const version = hash(files.map((file) => file + hash(readFileSync(join(dist, file)))).join("\n"));
const worker = readFileSync(join(dist, "gen/sw.js"), "utf8");
rmSync(join(dist, "gen/sw.js"));
writeFileSync(
  join(dist, "sw.js"),
  worker.replace('"__VERSION__"', JSON.stringify(version)).replace('["__FILES__"]', JSON.stringify(["./", ...files])),
);
