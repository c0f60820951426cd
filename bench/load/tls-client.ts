/**
 * Sends requests over TLS with a client certificate, one in flight on each connection.
 *
 * `keep-alive`: connections stay. `new`: each request has a connection of its own, with a whole handshake. `resumed`: the
 * same, resuming the session of an earlier connection. `idle`: connections that have carried one request and stay open.
 *
 * Usage: node tls-client.ts PORT MODE CONNECTIONS WARMUP_SECONDS SECONDS HEADERS_JSON CA CERTIFICATE KEY
 * Prints lines of JSON: {"event":"open"} and {"event":"close"} around the measured window, then {"event":"result", ...}.
 */
import { readFileSync } from 'node:fs';
import { connect, createSecureContext, type TLSSocket } from 'node:tls';

const argument = (at: number): string => process.argv[at] ?? '';
const port = Number(argument(2));
const mode = argument(3) as 'keep-alive' | 'new' | 'resumed' | 'idle';
const connections = Number(argument(4));
const warmup = Number(argument(5));
const seconds = Number(argument(6));
const headers = JSON.parse(argument(7)) as [string, string][];
const secureContext = createSecureContext({
  ca: readFileSync(argument(8)),
  cert: readFileSync(argument(9)),
  key: readFileSync(argument(10)),
});
const closing = mode === 'new' || mode === 'resumed' ? 'connection: close\r\n' : '';
const tail = ` HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}${closing}\r\n`;

let measuring = false;
let over = false;
let sent = 0;
let finished = 0;
let errors = 0;
let resumed = 0;
let session: Buffer | undefined;
const latencies: number[] = [];

class Connection {
  #socket: TLSSocket | null = null;
  #began = 0;
  #remaining = -1;
  #partial = '';
  readonly #whenIdle: () => void;

  constructor(whenIdle: () => void = () => {}) {
    this.#whenIdle = whenIdle;
  }

  /** One exchange after the other, each on a new connection or on the one there is. */
  run(): void {
    if (over) return;
    this.#began = performance.now();
    if (this.#socket !== null) {
      this.#send(this.#socket);
      return;
    }
    const resume = mode === 'resumed' && session !== undefined ? { session } : {};
    const socket = connect({ port, host: '127.0.0.1', servername: 'app.bench.test', secureContext, ...resume });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('secureConnect', () => {
      if (socket.isSessionReused()) resumed++;
      this.#send(socket);
    });
    if (mode === 'resumed') socket.on('session', (fresh: Buffer) => (session = fresh));
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => {
      if (measuring && !over) errors++;
      this.#socket = null;
      setImmediate(() => this.run());
    });
  }

  #send(socket: TLSSocket): void {
    this.#remaining = -1;
    this.#partial = '';
    sent++;
    const id = sent.toString(16).padStart(32, '0');
    socket.write(`GET /?q=${sent}${tail.replaceAll('ID', id)}`, 'latin1');
  }

  #read(chunk: Buffer): void {
    let body = chunk.length;
    if (this.#remaining < 0) {
      this.#partial += chunk.toString('latin1');
      const end = this.#partial.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!this.#partial.startsWith('HTTP/1.1 200') && measuring) errors++;
      this.#remaining = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#partial)?.[1] ?? 0);
      body = this.#partial.length - end - 4;
    }
    this.#remaining -= body;
    if (this.#remaining > 0) return;
    if (measuring) {
      latencies.push(performance.now() - this.#began);
      finished++;
    }
    if (mode === 'idle') {
      this.#whenIdle();
      return;
    }
    if (mode !== 'keep-alive') {
      const socket = this.#socket;
      this.#socket = null;
      socket?.end();
    }
    this.run();
  }
}

const percentile = (sorted: readonly number[], p: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? 0) * 1_000);

function report(): void {
  latencies.sort((a, b) => a - b);
  const [p50, p99] = [percentile(latencies, 50), percentile(latencies, 99)];
  const wrong = mode === 'resumed' && resumed < finished / 2 ? finished : 0;
  console.log(
    JSON.stringify({ event: 'result', requests: finished, errors: errors + wrong, seconds, p50, p99, resumed }),
  );
  process.exit(0);
}

/** Opens them in small groups; the window is the moment when all are there. */
async function runIdle(): Promise<void> {
  measuring = true;
  for (let opened = 0; opened < connections; opened += 100) {
    await Promise.all(
      Array.from({ length: Math.min(100, connections - opened) }, () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        new Connection(resolve).run();
        return promise;
      }),
    );
  }
  setTimeout(() => {
    console.log(JSON.stringify({ event: 'open' }));
    console.log(JSON.stringify({ event: 'close' }));
    setTimeout(report, 1_000);
  }, 2_000);
}

if (mode === 'idle') await runIdle();
else {
  for (let i = 0; i < connections; i++) new Connection().run();
  setTimeout(() => {
    measuring = true;
    console.log(JSON.stringify({ event: 'open' }));
    setTimeout(() => {
      over = true;
      measuring = false;
      console.log(JSON.stringify({ event: 'close' }));
      report();
    }, seconds * 1_000);
  }, warmup * 1_000);
}
