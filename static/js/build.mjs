// Trunk's pre_build hook: bundles the page's JavaScript and CSS into static/gen.
//
// Every file there carries its content's hash in its name; manifest.json says which is which. Chunks that are loaded
// lazily (the editor) are found by the loader through esbuild's own relative imports.

import { build } from "esbuild";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const out = join(root, "static/gen");
const release = process.env.TRUNK_PROFILE === "release";

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const entry = (name) => join(root, "static/js/src", name);
const common = { bundle: true, outdir: out, minify: release, metafile: true, logLevel: "warning", target: "es2022" };

const modules = await build({
  ...common,
  entryPoints: [entry("loader.js"), entry("terminal.js"), entry("editor.js")],
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  format: "esm",
  splitting: true,
  // The loader finds these by the manifest's names in the page's head.
  external: [],
});
// In one file: a worker should not have to fetch a second one before it starts.
const worker = await build({ ...common, entryPoints: [entry("engine-worker.js")], entryNames: "[name]-[hash]", format: "esm" });
const theme = await build({ ...common, entryPoints: [entry("theme.js")], entryNames: "[name]-[hash]", format: "iife" });
const css = await build({ ...common, entryPoints: [join(root, "static/css/page.css")], entryNames: "[name]-[hash]" });

const manifest = {};
for (const result of [modules, worker, theme, css]) {
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    if (output.entryPoint) manifest[basename(output.entryPoint)] = basename(path);
  }
}
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 1));
// The service worker is filled in by finish.mjs, which knows all files.
writeFileSync(join(out, "sw.js"), readFileSync(entry("sw.js")));
