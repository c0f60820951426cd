/** Loopback ports for a bench run, and waiting for a server on one to answer. */
import { createSocket } from 'node:dgram';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Below the kernel's ephemeral range, so that no outgoing connection of the load takes a listener's port. */
const FIRST = 12_000;
const LAST = 31_999;
/** One file for each port that a process of ours has been given: tests and benches of several processes share a machine. */
const reservations = join(tmpdir(), 'remora-ports');
const reserved: number[] = [];

/** A port of loopback that nobody listens on, over TCP or UDP; this process's own until it ends. */
export async function freePort(): Promise<number> {
  let port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
  for (let tries = 0; tries < 1_000; tries++) {
    port = port >= LAST ? FIRST : port + 1;
    if (reserve(port) && (await isFree(port)) && (await isFreeForUdp(port))) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`);
}

/** False: another process that is still there has it. */
function reserve(port: number): boolean {
  const path = join(reservations, String(port));
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      if (reserved.length === 0) process.once('exit', giveBack);
      reserved.push(port);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') mkdirSync(reservations, { recursive: true });
      else if (code !== 'EEXIST') throw error;
      else if (isHeld(path)) return false;
      else rmSync(path, { force: true });
    }
  }
  return false;
}

function isHeld(path: string): boolean {
  try {
    process.kill(Number(readFileSync(path, 'latin1')), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function giveBack(): void {
  for (const port of reserved) rmSync(join(reservations, String(port)), { force: true });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function isFreeForUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => resolve(true)));
  });
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
