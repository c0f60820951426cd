/**
 * `npm start`: examples/demo.yaml with two small upstreams beside it. The upstreams run in this process on node:http,
 * the proxy in its own, started as a user would start it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { watchNpm } from './parent-watch.ts';

const PROXY = 'http://127.0.0.1:10000';
const ADMIN = 'http://127.0.0.1:9901';
const UPSTREAMS = [
  { name: 'one', port: 9001 },
  { name: 'two', port: 9002 },
];
const SLOW_MS = 2000;
const READY_WITHIN_MS = 15_000;

const root = join(import.meta.dirname, '..');

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Tells what reached it. */
function echo(name: string, request: IncomingMessage, response: ServerResponse): void {
  const answer = (): void => {
    const { method, url, headers } = request;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ upstream: name, method, path: url, headers }, null, 2)}\n`);
  };
  request.resume();
  if (request.url === '/slow') setTimeout(answer, SLOW_MS).unref();
  else request.on('end', answer);
}

async function listen(name: string, port: number): Promise<Server> {
  const server = createServer((request, response) => echo(name, request, response));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function isReady(): Promise<boolean> {
  return new Promise((resolve) => {
    get(`${ADMIN}/ready`, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

async function ready(stillRuns: () => boolean): Promise<boolean> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (stillRuns() && Date.now() < deadline) {
    if (await isReady()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

const servers: Server[] = [];
for (const { name, port } of UPSTREAMS) {
  try {
    servers.push(await listen(name, port));
  } catch (error) {
    say(`The demo needs 127.0.0.1:${port}: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
}

const proxy = spawn(
  join(root, 'bin/remora'),
  // Lines of the access log wait for ten seconds by default, too long for who tries it.
  ['run', '-c', join(root, 'examples/demo.yaml'), '-l', 'warning', '--file-flush-interval-msec', '200'],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);
let code: number | undefined;
proxy.on('exit', (exitCode, signal) => {
  code = exitCode ?? (signal === null ? 1 : 0);
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  process.exitCode = code;
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => proxy.kill(signal));
watchNpm(() => proxy.kill('SIGTERM'));

if (await ready(() => code === undefined)) {
  say(`Remora listens on ${PROXY}, two upstreams stand behind it. In another terminal:

  curl ${PROXY}/                 both upstreams in turn, and what reached them
  curl ${PROXY}/hello            answered by the proxy itself
  curl ${PROXY}/one/anything     one upstream, without the prefix
  curl -i ${PROXY}/slow          the upstream is slower than the route allows: 504
  curl -i ${PROXY}/down          nobody listens there: 503
  curl '${ADMIN}/stats?usedonly'  what the proxy counted; ${ADMIN}/ lists the rest

Every request prints a line here. Ctrl-C ends it. The configuration: examples/demo.yaml`);
} else if (code === undefined) {
  say(`The proxy was not ready within ${READY_WITHIN_MS / 1000} s.`);
  proxy.kill('SIGTERM');
}
