// Writes a .br and a .gz beside each file of a folder that gets smaller by it. usage: node compress.mjs FOLDER
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import zlib from "node:zlib";

const COMPRESSIBLE = /\.(css|html|ico|js|json|map|md|mjs|svg|txt|wasm|webmanifest|xml|yaml|yml)$/;
const SMALLEST = 256;

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

async function compress(path) {
  const raw = readFileSync(path);
  const params = {
    [zlib.constants.BROTLI_PARAM_QUALITY]: zlib.constants.BROTLI_MAX_QUALITY,
    [zlib.constants.BROTLI_PARAM_LGWIN]: zlib.constants.BROTLI_MAX_WINDOW_BITS,
    [zlib.constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
  };
  const [br, gz] = await Promise.all([brotli(raw, { params }), gzip(raw, { level: 9 })]);
  for (const [suffix, packed] of [[".br", br], [".gz", gz]]) {
    if (packed.length < raw.length) writeFileSync(path + suffix, packed);
  }
}

const folder = process.argv[2];
const paths = readdirSync(folder, { recursive: true }).map((name) => join(folder, name));
for (const path of paths.filter((it) => /\.(br|gz)$/.test(it))) rmSync(path);
await Promise.all(
  paths
    .filter((path) => COMPRESSIBLE.test(path) && statSync(path).isFile() && statSync(path).size >= SMALLEST)
    .map(compress),
);
