// Waits for what comes about through sockets: looks again in each turn of the event loop, with an end in case it never
// comes. Proves no timing: use FakeTimers for that.
import { setImmediate } from 'node:timers/promises';

const limitMs = 10_000;

export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`${what} did not come about within ${limitMs} ms`);
    await setImmediate();
  }
}

/** Some turns of the event loop, for what must not happen. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await setImmediate();
}
