/** Loopback ports for a bench run, and waiting for a server on one to answer. */
import { connect, createServer } from 'node:net';

/** Below the kernel's ephemeral range, so that no outgoing connection of the load takes a listener's port. */
const FIRST = 20_000;
const LAST = 31_999;
let next = FIRST + Math.floor(Math.random() * (LAST - FIRST));

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1_000; tries++) {
    next = next >= LAST ? FIRST : next + 1;
    if (await isFree(next)) return next;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`);
}

/** One GET on a fresh connection: the status, or 0 when nobody answers within the timeout. */
export function probe(port: number, path: string, timeoutMs = 1_000): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const done = (status: number): void => {
      socket.destroy();
      resolve(status);
    };
    socket.setTimeout(timeoutMs, () => done(0));
    socket.once('error', () => done(0));
    socket.once('close', () => done(0));
    socket.once('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nhost: bench.test\r\nconnection: close\r\n\r\n`));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
      if (status !== undefined) done(Number(status));
    });
  });
}

/**
 * Waits until `GET path` answers 200 and returns the milliseconds since `since` (a `performance.now()` value).
 * `check` may throw to give up early, as when the process has died.
 */
export async function waitReady(
  port: number,
  path: string,
  since: number,
  check: () => void,
  timeoutMs = 20_000,
): Promise<number> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if ((await probe(port, path)) === 200) return performance.now() - since;
    check();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`no 200 on 127.0.0.1:${port}${path} within ${timeoutMs / 1000} s`);
}
