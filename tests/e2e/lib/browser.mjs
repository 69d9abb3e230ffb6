// Chromium as the tests and the bench use it.
import { chromium } from "playwright-core";

const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
];

export async function launch(more = []) {
  const root = process.getuid?.() === 0;
  const args = [...QUIET, ...(root ? ["--no-sandbox"] : []), ...more];
  return chromium.launch({ executablePath: process.env.CHROMIUM || undefined, headless: true, args });
}
