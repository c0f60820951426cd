// Runs inside a namespace, as the user that the arguments name: listens and connects as it is told on standard input.
// An own process, because a process is in one namespace and has one user.
import { createSocket } from 'node:dgram';
import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export type Order =
  | { readonly kind: 'hello' }
  | {
      readonly kind: 'listen';
      readonly name: string;
      readonly port: number;
      readonly host?: string;
      readonly transparent?: boolean;
      readonly waits?: boolean;
    }
  | { readonly kind: 'listen-http'; readonly name: string; readonly port: number }
  | { readonly kind: 'get'; readonly url: string }
  | { readonly kind: 'listen-udp'; readonly name: string; readonly port: number; readonly host: string }
  | {
      readonly kind: 'call' | 'call-udp';
      readonly host: string;
      readonly port: number;
      readonly from?: string;
      readonly says?: string;
    };

export interface Answer {
  readonly id: number;
  readonly text?: string;
  readonly error?: string;
}

/** Long enough for any packet here, short enough for many that come to nothing. */
const CALL_MS = 1500;

async function carryOut(order: Order): Promise<string> {
  switch (order.kind) {
    case 'hello':
      return '';
    case 'listen':
      return listen(order);
    case 'listen-http':
      return listenHttp(order);
    case 'get':
      return httpGet(order);
    case 'listen-udp':
      return listenUdp(order);
    case 'call':
      return call(order);
    case 'call-udp':
      return callUdp(order);
  }
}

function listen({ name, port, host, transparent, waits }: Extract<Order, { kind: 'listen' }>): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    const own = `${plain(socket.localAddress)} ${socket.localPort}`;
    const answer = (): void =>
      void socket.end(JSON.stringify({ by: name, from: plain(socket.remoteAddress), at: own }));
    if (waits === true) socket.once('data', answer);
    else answer();
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen({ port, host: host ?? '::' }, () => {
      if (transparent !== true) return resolve('');
      const descriptor: unknown = Reflect.get(Reflect.get(server, '_handle') as object, 'fd');
      makeTransparent(Number(descriptor)).then(() => resolve(''), reject);
    });
  });
}

/** IP_TRANSPARENT (linux/in.h): the listener takes connections to addresses that are not this host's. */
async function makeTransparent(descriptor: number): Promise<void> {
  const { DynamicLibrary } = await import('node:ffi');
  const setsockopt = new DynamicLibrary(null).getFunction('setsockopt', {
    arguments: ['int32', 'int32', 'int32', 'buffer', 'uint32'],
    return: 'int32',
  });
  for (const [level, option] of [
    [0, 19],
    [41, 75],
  ] as const) {
    if (setsockopt(descriptor, level, option, Buffer.from([1, 0, 0, 0]), 4) !== 0) throw new Error('no IP_TRANSPARENT');
  }
}

/** Answers every request with what it has seen of it. */
function listenHttp({ name, port }: Extract<Order, { kind: 'listen-http' }>): Promise<string> {
  const server = createHttpServer(({ headers, socket, url }, response) => {
    response.end(JSON.stringify({ by: name, from: plain(socket.remoteAddress), url, headers }));
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen({ port, host: '::' }, () => resolve(''));
  });
}

function httpGet({ url }: Extract<Order, { kind: 'get' }>): Promise<string> {
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage): void => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      response.on('error', reject).on('end', () => {
        resolve(JSON.stringify({ status: response.statusCode, body, server: response.headers['server'] ?? '' }));
      });
    };
    get(url, { agent: false }, answered).on('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(error.code ?? error.message)),
    );
  });
}

function listenUdp({ name, port, host }: Extract<Order, { kind: 'listen-udp' }>): Promise<string> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (_, { address, port: back }) =>
    socket.send(JSON.stringify({ by: name, from: address }), back, address),
  );
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.bind(port, host, () => resolve(''));
  });
}

function call({ host, port, from, says }: Extract<Order, { kind: 'call' | 'call-udp' }>): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
    if (says !== undefined) socket.write(says);
    let text = '';
    socket.setTimeout(CALL_MS, () => socket.destroy(new Error('nobody')));
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => reject(new Error(error.code ?? error.message)));
    socket.on('end', () => resolve(text));
  });
}

function callUdp({ host, port }: Extract<Order, { kind: 'call' | 'call-udp' }>): Promise<string> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('nobody')), CALL_MS);
    socket.on('error', reject);
    // Connected: an answer from another address than the one that was called is none.
    socket.connect(port, host, () => socket.send('who?'));
    socket.on('message', (text) => {
      clearTimeout(timer);
      resolve(text.toString());
    });
  }).finally(() => socket.close());
}

function plain(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '');
}

function answer(text: Answer): void {
  process.stdout.write(`${JSON.stringify(text)}\n`);
}

const [uid, gid] = process.argv.slice(2).map(Number);
if (import.meta.main) {
  // Only now: the sources may be where this user cannot read.
  if (uid !== undefined && gid !== undefined) {
    process.setgroups?.([]);
    process.setgid?.(gid);
    process.setuid?.(uid);
  }
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const { id, order } = JSON.parse(line) as { id: number; order: Order };
      carryOut(order).then(
        (text) => answer({ id, text }),
        (error: unknown) => answer({ id, error: error instanceof Error ? error.message : String(error) }),
      );
    })
    .on('close', () => process.exit());
}
