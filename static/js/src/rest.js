// The second part of the world's module: functions that the first minute of a visit does not call. The first part runs
// without it; when it comes to a function that is not there yet, it calls `loadRest` and goes on when that returns.

import { compile } from "./assets.js";

/**
 * Prepares for the rest at `url`; `first` are the exports of the first part. The answer loads it in the background.
 * A module that was not cut has no rest: there is nothing to do then.
 */
export function restOf(first, url) {
  let there = !url;
  const put = (module) => {
    if (there) return;
    new WebAssembly.Instance(module, { $: first });
    there = true;
  };
  globalThis.loadRest = () => put(new WebAssembly.Module(fetchNow(url)));
  return async () => {
    if (!there) put(await compile(url));
  };
}

/** The bytes of a file, without letting anything else happen: only workers may wait like this for bytes. */
function fetchNow(url) {
  const request = new XMLHttpRequest();
  request.open("GET", url, false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${url}: ${request.status} ${request.statusText}`);
  return request.response;
}
