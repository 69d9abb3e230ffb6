// Keeps things in the browser where it may: the session's state in IndexedDB, small settings in localStorage.
//
// Storage can be forbidden (opaque origin, private windows), full, or in use by another tab. Every function says what
// happened and none throws.

const DATABASE = "kubarium";
const STORE = "sessions";

let database = null;

function open() {
  database ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("storage is in use by an older page"));
  });
  return database;
}

async function run(mode, work) {
  const db = await open();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(STORE, mode);
    const request = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
  });
}

/** `done(bytes or null, error or "")`. */
export function load(key, done) {
  Promise.resolve()
    .then(() => run("readonly", (store) => store.get(key)))
    .then(
      (value) => done(value instanceof Uint8Array ? value : null, ""),
      (error) => done(null, reason(error)),
    );
}

/** `done(error or "")`. */
export function save(key, bytes, done) {
  Promise.resolve()
    .then(() => run("readwrite", (store) => store.put(bytes, key)))
    .then(
      () => done(""),
      (error) => done(reason(error)),
    );
}

/** Forgets a saved state. */
export function remove(key) {
  Promise.resolve()
    .then(() => run("readwrite", (store) => store.delete(key)))
    .catch(() => {});
}

/**
 * Claims a name for this tab alone, until it is closed: two tabs must not write one saved state in turns.
 * `done(true)` when it is ours (or when the browser cannot tell).
 */
export function claim(name, done) {
  if (!navigator.locks) return done(true);
  navigator.locks
    .request(`kubarium-${name}`, { ifAvailable: true }, (lock) => {
      done(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    })
    .catch(() => done(true));
}

function reason(error) {
  if (error?.name === "QuotaExceededError") return "full";
  return error?.message || "forbidden";
}

export function readPrefs() {
  try {
    return localStorage.getItem("kubarium-prefs") ?? "{}";
  } catch {
    return "{}";
  }
}

export function writePrefs(text) {
  try {
    localStorage.setItem("kubarium-prefs", text);
  } catch {
    // Settings last as long as the page then.
  }
}
