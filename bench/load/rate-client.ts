/**
 * Sends requests at a constant rate over raw sockets and measures latency without coordinated omission: a request that is
 * due is released whatever the earlier ones do, on a free connection, else on a new one, else it queues, and the wait counts.
 *
 * Timers fire late by up to a millisecond and more on a busy core. That lateness is the client's and not the proxy's, so
 * latency counts from the tick that released the request; how late the ticks were is reported beside it.
 *
 * Usage: node rate-client.ts PORT PATH PER_SECOND WARMUP_SECONDS SECONDS HEADERS_JSON
 * Prints lines of JSON: {"event":"open"} and {"event":"close"} around the measured window, then {"event":"result", ...}.
 */
import { connect, type Socket } from 'node:net';

const [port, path, perSecond, warmup, seconds] = [2, 3, 4, 5, 6].map((at) => process.argv[at] ?? '');
const headers = JSON.parse(process.argv[7] ?? '[]') as [string, string][];
const INTERVAL_MS = 1_000 / Number(perSecond);
const MAX_CONNECTIONS = 128;
const tail = ` HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;

const latencies: number[] = [];
const lateness: number[] = [];
const free: Connection[] = [];
const waiting: number[] = [];
let connections = 0;
/** When the measured window opened; requests released from then on count. */
let opened = Infinity;
let finished = 0;
let errors = 0;
let sent = 0;

class Connection {
  readonly socket: Socket;
  released = 0;
  counted = false;
  /** Bytes of the response still to come, -1 before its head is whole. */
  remaining = -1;
  partial = '';

  constructor() {
    connections++;
    this.socket = connect(Number(port), '127.0.0.1');
    this.socket.setNoDelay(true);
    this.socket.on('data', (chunk: Buffer) => this.read(chunk));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      connections--;
      const at = free.indexOf(this);
      // A connection that goes with a request on it leaves that request unanswered, which the result counts.
      if (at >= 0) free.splice(at, 1);
    });
  }

  send(released: number): void {
    this.released = released;
    this.counted = released >= opened;
    this.remaining = -1;
    this.partial = '';
    sent++;
    const id = sent.toString(16).padStart(32, '0');
    this.socket.write(`GET ${path}?q=${sent}${tail.replaceAll('ID', id)}`, 'latin1');
  }

  read(chunk: Buffer): void {
    let body = chunk.length;
    if (this.remaining < 0) {
      this.partial += chunk.toString('latin1');
      const end = this.partial.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!this.partial.startsWith('HTTP/1.1 200') && this.counted) errors++;
      this.remaining = Number(/\r\ncontent-length: *(\d+)/i.exec(this.partial)?.[1] ?? 0);
      body = this.partial.length - end - 4;
    }
    this.remaining -= body;
    if (this.remaining > 0) return;
    if (this.counted) {
      latencies.push(performance.now() - this.released);
      finished++;
    }
    const next = waiting.shift();
    if (next === undefined) free.push(this);
    else this.send(next);
  }
}

function release(now: number): void {
  const connection = free.pop() ?? (connections < MAX_CONNECTIONS ? new Connection() : undefined);
  if (connection === undefined) waiting.push(now);
  else connection.send(now);
}

const percentile = (sorted: readonly number[], p: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? 0) * 1_000);

const start = performance.now();
const opens = start + Number(warmup) * 1_000;
const closes = opens + Number(seconds) * 1_000;
let due = start;

const timer = setInterval(() => {
  const now = performance.now();
  if (opened === Infinity && now >= opens && now < closes) {
    opened = now;
    console.log(JSON.stringify({ event: 'open' }));
  }
  for (; due <= now && due < closes; due += INTERVAL_MS) {
    if (opened <= now) lateness.push(now - due);
    release(now);
  }
  if (now < closes) return;
  clearInterval(timer);
  console.log(JSON.stringify({ event: 'close' }));
  // Requests still unanswered half a second after the window are lost.
  setTimeout(() => {
    const expected = lateness.length;
    latencies.sort((a, b) => a - b);
    lateness.sort((a, b) => a - b);
    console.log(
      JSON.stringify({
        event: 'result',
        requests: finished,
        errors: errors + (expected - finished),
        seconds: Number(seconds),
        p50: percentile(latencies, 50),
        p99: percentile(latencies, 99),
        lateness: percentile(lateness, 99),
      }),
    );
    process.exit(0);
  }, 500);
}, 1);
