// Small things that are shorter in JavaScript: clipboard, downloads, theme, service worker, sizes, the last resort.

/** `done(true)` when the text is on the clipboard. */
export function copy(text, done) {
  const fallback = () => {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position:fixed;opacity:0";
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    focused?.focus?.();
    done(copied);
  };
  if (!navigator.clipboard) return fallback();
  navigator.clipboard.writeText(text).then(() => done(true), fallback);
}

/** The terminal that is shown hands its whole text to its onCopy. */
export const copySession = () => void dispatchEvent(new Event("kubarium:copy-session"));

export function download(name, bytes, type) {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Lets the person choose a file; `done(bytes)`. */
export function pick(accept, done) {
  const input = Object.assign(document.createElement("input"), { type: "file", accept });
  input.onchange = async () => {
    const file = input.files?.[0];
    if (file) done(new Uint8Array(await file.arrayBuffer()));
  };
  input.click();
}

/** The person chooses "light" or "dark". Until then the page follows the system. */
export function setTheme(theme) {
  const root = document.documentElement;
  root.dataset.theme = theme;
  root.dataset.themeOf = "person";
  dispatchEvent(new Event("kubarium:theme"));
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ({ matches }) => {
  const root = document.documentElement;
  if (root.dataset.themeOf === "person") return;
  root.dataset.theme = matches ? "dark" : "light";
  dispatchEvent(new Event("kubarium:theme"));
});

/** Reports the room inside an element (without its padding), now and whenever it changes; returns what stops it. */
export function observe(element, report) {
  const observer = new ResizeObserver(([{ contentRect }]) => report(contentRect.width, contentRect.height));
  observer.observe(element);
  return () => observer.disconnect();
}

/** Reports whether anything of the page can be seen: an embed may be scrolled away, or its tab hidden. */
export function onSeen(report) {
  let inView = true;
  const tell = () => report(inView && document.visibilityState === "visible");
  document.addEventListener("visibilitychange", tell);
  new IntersectionObserver(([{ isIntersecting }]) => {
    inView = isIntersecting;
    tell();
  }).observe(document.body);
}

/** Calls on each change of visibility and before the page goes: `changed(visible)`. */
export function onVisibility(changed) {
  document.addEventListener("visibilitychange", () => changed(document.visibilityState === "visible"));
  addEventListener("pagehide", () => changed(false));
}

export function onCrash(report) {
  addEventListener("kubarium:crash", (event) => report(String(event.detail ?? "")));
}

export function registerServiceWorker() {
  // `file:` and opaque origins have none; development servers on other ports keep working.
  if (!("serviceWorker" in navigator) || document.documentElement.dataset.page === "embed") return;
  const register = () => navigator.serviceWorker.register("./sw.js").catch(() => {});
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}

/** The page could not start: say so in place of the skeleton. */
export function showFatal(message) {
  const box = document.createElement("div");
  box.className = "fatal";
  box.setAttribute("role", "alert");
  const title = document.createElement("h1");
  title.textContent = "Kubarium could not start";
  const text = document.createElement("p");
  text.textContent = message;
  const hint = document.createElement("p");
  hint.textContent = "It needs a browser of the last two years with WebAssembly. Reload the page to try again.";
  box.append(title, text, hint);
  document.body.replaceChildren(box);
}
