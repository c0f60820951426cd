/**
 * Both ends of proxied TCP connections in one process: the server that the proxy forwards to, and the client.
 * `round-trip`: 100 bytes go up and come back, one at a time on each connection. `down`, `up`: as many bytes as go.
 *
 * Usage: node l4-client.ts PORT UPSTREAM_PORT MODE CONNECTIONS WARMUP_SECONDS SECONDS
 * Prints lines of JSON: {"event":"open"} and {"event":"close"} around the measured window, then {"event":"result", ...};
 * for bulk a request is a megabyte.
 */
import { connect, createServer, type Socket } from 'node:net';

const [port, upstreamPort, mode, connections, warmup, seconds] = process.argv.slice(2) as [
  string,
  string,
  'round-trip' | 'down' | 'up',
  string,
  string,
  string,
];
const SMALL = 100;
const small = Buffer.alloc(SMALL, 'x');
const large = Buffer.alloc(256 * 1024, 'x');
const latencies: number[] = [];
let measuring = false;
let finished = 0;
let bytes = 0;
let errors = 0;
let over = false;

/** Writes for ever. */
function pour(socket: Socket): void {
  while (!socket.destroyed && socket.write(large));
  socket.once('drain', () => pour(socket));
}

function count(socket: Socket): void {
  socket.on('data', (data: Buffer) => {
    if (measuring) bytes += data.length;
  });
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  if (mode === 'round-trip') socket.on('data', (data: Buffer) => socket.write(data));
  else if (mode === 'up') count(socket);
  else pour(socket);
});

function drive(socket: Socket): void {
  if (mode === 'down') count(socket);
  else if (mode === 'up') pour(socket);
  else {
    let missing = SMALL;
    let sent = performance.now();
    socket.on('data', (data: Buffer) => {
      missing -= data.length;
      if (missing > 0) return;
      missing = SMALL;
      const now = performance.now();
      if (measuring) {
        finished++;
        latencies.push(now - sent);
      }
      sent = now;
      socket.write(small);
    });
    socket.write(small);
  }
}

const percentile = (sorted: readonly number[], p: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? 0) * 1_000);

server.listen(Number(upstreamPort), '127.0.0.1', () => {
  for (let i = 0; i < Number(connections); i++) {
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true }, () => drive(socket));
    socket.on('error', () => {});
    socket.on('close', () => {
      if (!over) errors++;
    });
  }
  setTimeout(() => {
    measuring = true;
    console.log(JSON.stringify({ event: 'open' }));
    setTimeout(() => {
      measuring = false;
      over = true;
      console.log(JSON.stringify({ event: 'close' }));
      latencies.sort((a, b) => a - b);
      const [p50, p99] = [percentile(latencies, 50), percentile(latencies, 99)];
      const requests = mode === 'round-trip' ? finished : bytes / (1 << 20);
      console.log(JSON.stringify({ event: 'result', requests, errors, seconds: Number(seconds), p50, p99 }));
      process.exit(0);
    }, Number(seconds) * 1_000);
  }, Number(warmup) * 1_000);
});
