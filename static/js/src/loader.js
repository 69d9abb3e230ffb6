// The page's entry: gives the app what only JavaScript has (`globalThis.kubarium`), then starts it.
//
// The app's files are named by <link id="asset-…"> in the head, so that every URL is relative to the page, wherever it
// is hosted.

import { compile, asset } from "./assets.js";
import * as engine from "./engine.js";
import * as platform from "./platform.js";
import * as storage from "./storage.js";

const once = (load) => {
  let promise;
  return () => (promise ??= load());
};

/** Sets up a lazily loaded part in an element; what is called on it before it is there waits. */
function lazily(load) {
  return (host, options) => {
    let inner = null;
    let gone = false;
    const waiting = [];
    load().then(
      (part) => {
        if (gone) return;
        inner = part.create(host, options);
        for (const [name, args] of waiting) inner[name](...args);
      },
      (error) => {
        host.textContent = "This part of the page could not be loaded. Reload the page to try again.";
        console.error(error);
      },
    );
    return {
      call(name, ...args) {
        if (inner) return inner[name](...args);
        if (name === "dispose") gone = true;
        else waiting.push([name, args]);
        return undefined;
      },
    };
  };
}

const terminal = once(() => import(asset("terminal")));
const editor = once(() => import(asset("editor")));

globalThis.kubarium = {
  engine,
  platform,
  storage,
  terminal: { create: lazily(terminal) },
  editor: { create: lazily(editor), preload: editor },
};

async function start() {
  engine.warm();
  void terminal();
  const [app, module] = await Promise.all([import(asset("app")), compile(asset("app-wasm"))]);
  await app.default({ module_or_path: module });
  document.documentElement.dataset.ready = "";
}

/** An embed may ask for a click before anything heavy is loaded. */
function onceWanted(run) {
  const button = document.getElementById("poster-start");
  const params = new URLSearchParams(location.search);
  if (document.documentElement.dataset.page !== "embed" || !button) return void run();
  if (params.get("ctl") === "1") {
    button.hidden = false;
    button.addEventListener("click", () => ((button.hidden = true), run()), { once: true });
    return;
  }
  // Otherwise when it is scrolled into view.
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    run();
  });
  observer.observe(document.body);
}

onceWanted(() => {
  start().catch((error) => {
    console.error(error);
    platform.showFatal(String(error?.message ?? error));
  });
});
platform.registerServiceWorker();
