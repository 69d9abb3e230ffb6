// The list of tests: importing a *.test.mjs adds to it.

export const tests = [];

// Declares a test. `run` gets { url, profile, results, atEnd }: the page's URL, a maker of fresh browser profiles, the
// folder for screenshots, and a place to register what must be closed. `ignore`: errors of the page that are wanted.
export function test(name, run, { seconds = 90, ignore = [] } = {}) {
  tests.push({ name, run, seconds, ignore });
}

// Asks again until the answer is true, and says what it last was when time is up.
export async function eventually(what, ask, { seconds = 30 } = {}) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer === true) return;
    if (Date.now() > end) throw new Error(`${what}: still ${JSON.stringify(answer)} after ${seconds}s`);
    await new Promise((next) => setTimeout(next, 100));
  }
}
