// The service worker: the page works offline after its first load, and never from a mixed set of files.
//
// A page decides its whole set: its HTML names every file by content hash. So HTML comes from the network when there
// is one, and everything else from whichever cache has that very name. The previous version's cache is kept, for
// pages of that version that are still open.

const VERSION = "__VERSION__";
const FILES = ["__FILES__"];
const PREFIX = "kubarium-files-";
const NETWORK_WAIT_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(PREFIX + VERSION);
      await cache.addAll(FILES);
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const old = (await caches.keys()).filter((key) => key.startsWith(PREFIX) && key !== PREFIX + VERSION);
      await Promise.all(old.slice(0, -1).map((key) => caches.delete(key)));
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  event.respondWith(event.request.mode === "navigate" ? page(event.request) : file(event.request));
});

/** HTML: from the network if it answers in time, else the newest complete set. */
async function page(request) {
  const network = fetch(request);
  const late = new Promise((resolve) => setTimeout(resolve, NETWORK_WAIT_MS));
  try {
    const answer = await Promise.race([network, late]);
    if (answer) return answer;
  } catch {
    // No network: what is cached will do.
  }
  const cache = await caches.open(PREFIX + VERSION);
  return (await cache.match(request, { ignoreSearch: true })) ?? network;
}

/** Everything else: names carry hashes, so any cache that has it is right. */
async function file(request) {
  return (await caches.match(request, { ignoreSearch: true })) ?? fetch(request);
}
