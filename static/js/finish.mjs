// Trunk's post_build hook: turns Trunk's output into the finished folder.
//
// Trunk writes its loader as an inline script, which the page's Content-Security-Policy forbids, and names the
// WebAssembly files by their hash before optimisation. This gives them the hash of what they hold, fills the head of
// index.html and embed.html (both run the same app), inlines the style sheet so that the first paint needs one
// answer, shortens wasm-bindgen's glue, cuts the world's module in two, and tells the service worker which files make
// one complete set.

import { transformSync } from "esbuild";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { firstMinute } from "./first-minute.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const dist = process.env.TRUNK_STAGING_DIR ?? process.argv[2];
/** Debug builds stay in one piece and keep their glue readable. */
const release = process.env.TRUNK_PROFILE === "release";
const gen = JSON.parse(readFileSync(join(dist, "gen/manifest.json"), "utf8"));
rmSync(join(dist, "gen/manifest.json"));

const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

/** The name of a Trunk output, by its binary's name. */
function found(name, suffix) {
  const pattern = new RegExp(`^${name}(-[0-9a-f]{8,16})?${suffix.replaceAll(".", "\\.")}$`);
  const files = readdirSync(dist).filter((file) => pattern.test(file));
  if (files.length !== 1) throw new Error(`expected one ${name}*${suffix} in ${dist}, found: ${files.join(", ") || "none"}`);
  return files[0];
}

/** Gives an output the hash of its content. */
function settle(name, suffix) {
  const file = found(name, suffix);
  const settled = `${name}-${hash(readFileSync(join(dist, file)))}${suffix.replace("_bg", "")}`;
  renameSync(join(dist, file), join(dist, settled));
  return settled;
}

/** Cuts the world's module into what the first minute of a visit runs, and the rest. */
async function cut() {
  const tool = ["run", "--quiet", "--package", "kubarium-split", "--"];
  const split = (...words) => execFileSync("cargo", [...tool, ...words], { cwd: root, stdio: "inherit" });
  const work = mkdtempSync(join(tmpdir(), "kubarium-split-"));
  const module = join(dist, found("worker", "_bg.wasm"));
  const [counting, called, rest] = ["counting.wasm", "called.txt", "rest.wasm"].map((it) => join(work, it));
  split("instrument", module, counting);
  const numbers = await firstMinute(join(dist, found("worker", ".js")), readFileSync(counting));
  writeFileSync(called, numbers.join("\n"));
  split("cut", module, called, module, rest);
  copyFileSync(rest, join(dist, "rest_bg.wasm"));
  rmSync(work, { recursive: true });
}

// wasm-bindgen writes its glue for people to read; visitors get it short.
if (release) {
  for (const name of readdirSync(dist).filter((file) => /^(app|worker)[^/]*\.js$/.test(file))) {
    const glue = readFileSync(join(dist, name), "utf8");
    writeFileSync(join(dist, name), transformSync(glue, { minify: true, format: "esm", target: "es2022" }).code);
  }
}

if (release) await cut();

const assets = {
  app: `./${settle("app", ".js")}`,
  "app-wasm": `./${settle("app", "_bg.wasm")}`,
  worker: `./${settle("worker", ".js")}`,
  "worker-wasm": `./${settle("worker", "_bg.wasm")}`,
  ...(release && { "worker-rest": `./${settle("rest", "_bg.wasm")}` }),
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
${["engine-worker", "worker-rest", "editor"].filter((id) => assets[id]).map(later).join("\n")}
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
