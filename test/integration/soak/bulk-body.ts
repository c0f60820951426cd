// Owns soak (b): large bodies up and down through the proxy while the reading side stands still again and again. What the
// proxy holds must be bounded by its watermarks, not by the body: its anonymous memory is measured at each standstill, when
// the sender's side has been full for a while.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../../bench/machine/ports.ts';
import { BodyReader, BodySender, type Framing } from './body-stream.ts';
import { headerOf } from './message-reader.ts';
import { type ProxyName, type ProxyUnderSoak, startProxy } from './proxy.ts';

export type Direction = 'upload' | 'download';

export interface BulkOptions {
  readonly proxy: ProxyName;
  /** Bytes of each body. */
  readonly bytes: number;
  /** Standstills of the reader in each body. */
  readonly standstills: number;
  /** `per_connection_buffer_limit_bytes` of listener and cluster. */
  readonly bufferLimit: number;
  progress?(text: string): void;
}

/** All sizes in bytes. */
export interface BulkReport {
  readonly direction: Direction;
  readonly framing: Framing;
  readonly received: number;
  /** Anonymous memory of the proxy before the first of the bodies, and the most of it at a standstill. */
  readonly before: number;
  readonly highest: number;
  readonly highestRss: number;
  /** The most that the sender had got rid of and the reader had not seen: the proxy's buffers and four of the kernel's. */
  readonly inFlight: number;
  readonly seconds: number;
}

/** A sender whose count has not moved for so many looks is taken to be blocked. */
const LOOKS = 6;
const LOOK_MS = 25;
const HEAD_END = '\r\n\r\n';

/** Splits a message's head from its body, which goes on to a BodyReader. Throws on what the other end did not send. */
class MessageStream {
  reader: BodyReader | undefined;
  #head = '';
  readonly #onHead: (head: string) => void;

  constructor(onHead: (head: string) => void) {
    this.#onHead = onHead;
  }

  feed(chunk: Buffer): void {
    if (this.reader !== undefined) {
      this.reader.feed(chunk);
      return;
    }
    const known = this.#head.length;
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) return;
    const rest = chunk.subarray(end + HEAD_END.length - known);
    const head = this.#head.slice(0, end);
    const length = headerOf(head, 'content-length');
    const chunked = headerOf(head, 'transfer-encoding') !== undefined;
    this.reader = new BodyReader(chunked ? undefined : Number(length ?? 0));
    if (!chunked && Number(length ?? 0) === 0) this.reader.done = true;
    this.#onHead(head);
    if (rest.length > 0) this.reader.feed(rest);
  }
}

/** One transfer: both ends, and the standstills between them. */
class Transfer {
  readonly stream: MessageStream;
  sender: BodySender | undefined;
  receiving: Socket | undefined;
  failure: Error | undefined;
  responded = false;

  constructor(onHead: (head: string) => void) {
    this.stream = new MessageStream(onHead);
  }

  fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const framingHeader = (framing: Framing, bytes: number): string =>
  framing === 'chunked' ? 'transfer-encoding: chunked' : `content-length: ${bytes}`;

/** The server of a transfer: sends the body of a download, reads that of an upload and answers when it is whole. */
function serve(transfer: Transfer, direction: Direction, framing: Framing, bytes: number): Server {
  return createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    if (direction === 'download') {
      let head = '';
      socket.on('data', (chunk: Buffer) => {
        head += chunk.toString('latin1');
        if (!head.includes(HEAD_END) || transfer.sender !== undefined) return;
        socket.write(`HTTP/1.1 200 OK\r\n${framingHeader(framing, bytes)}\r\n\r\n`);
        transfer.sender = new BodySender(socket, bytes, framing);
        transfer.sender.send();
      });
      return;
    }
    transfer.receiving = socket;
    socket.on('data', (chunk: Buffer) => {
      try {
        transfer.stream.feed(chunk);
      } catch (error) {
        transfer.fail(error);
      }
      if (transfer.stream.reader?.done === true) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
  });
}

function call(transfer: Transfer, port: number, direction: Direction, framing: Framing, bytes: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  socket.on('error', (error) => transfer.fail(error));
  socket.on('close', () => transfer.fail(new Error('the proxy closed the connection')));
  if (direction === 'download') {
    transfer.receiving = socket;
    socket.write('GET /bulk HTTP/1.1\r\nhost: soak.test\r\n\r\n');
    socket.on('data', (chunk: Buffer) => {
      try {
        transfer.stream.feed(chunk);
      } catch (error) {
        transfer.fail(error);
      }
    });
    return socket;
  }
  socket.write(`POST /bulk HTTP/1.1\r\nhost: soak.test\r\n${framingHeader(framing, bytes)}\r\n\r\n`);
  transfer.sender = new BodySender(socket, bytes, framing);
  transfer.sender.send();
  let response = '';
  socket.on('data', (chunk: Buffer) => {
    response += chunk.toString('latin1');
    if (!response.includes(HEAD_END)) return;
    if (response.startsWith('HTTP/1.1 200')) transfer.responded = true;
    else transfer.fail(new Error(`answered ${response}`));
  });
  return socket;
}

/** Waits until the sender is blocked: the reader stands still, so all buffers between them are full. */
async function untilBlocked(transfer: Transfer): Promise<void> {
  let last = -1;
  for (let same = 0; same < LOOKS; ) {
    await sleep(LOOK_MS);
    if (transfer.failure !== undefined) throw transfer.failure;
    const taken = transfer.sender?.taken ?? 0;
    same = taken === last ? same + 1 : 0;
    last = taken;
  }
}

async function until(transfer: Transfer, condition: () => boolean): Promise<void> {
  let last = -1;
  let since = performance.now();
  while (!condition()) {
    await sleep(1);
    if (transfer.failure !== undefined) throw transfer.failure;
    const received = transfer.stream.reader?.received ?? 0;
    if (received !== last) {
      last = received;
      since = performance.now();
    } else if (performance.now() - since > 15_000) throw new Error(`stuck after ${received} bytes`);
  }
}

async function transferOnce(
  options: BulkOptions,
  direction: Direction,
  framing: Framing,
  proxy: ProxyUnderSoak,
  upstreamPort: number,
  before: number,
): Promise<BulkReport> {
  const { bytes } = options;
  const transfer = new Transfer((head) => {
    if (direction === 'download' && !head.startsWith('HTTP/1.1 200')) transfer.fail(new Error(`answered ${head}`));
  });
  const server = serve(transfer, direction, framing, bytes);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => {
    server.listen(upstreamPort, '127.0.0.1', resolve);
  });
  const started = performance.now();
  const client = call(transfer, proxy.port, direction, framing, bytes);
  let highest = 0;
  let highestRss = 0;
  let inFlight = 0;
  try {
    const received = (): number => transfer.stream.reader?.received ?? 0;
    for (let stop = 0; stop < options.standstills; stop++) {
      // The first standstill begins with the first bytes, the others are spread over the body.
      const goal = (bytes / options.standstills) * stop;
      await until(
        transfer,
        () => transfer.receiving !== undefined && transfer.stream.reader !== undefined && received() >= goal,
      );
      transfer.receiving?.pause();
      await untilBlocked(transfer);
      const { anonymous, rss } = proxy.memory();
      highest = Math.max(highest, anonymous);
      highestRss = Math.max(highestRss, rss);
      inFlight = Math.max(inFlight, (transfer.sender?.taken ?? 0) - received());
      options.progress?.(
        `${direction}, ${framing}: ${Math.round(received() / 1e6)} MB, anonymous ${Math.round(anonymous / 1e6)} MB`,
      );
      transfer.receiving?.resume();
    }
    await until(
      transfer,
      () => transfer.stream.reader?.done === true && (direction === 'download' || transfer.responded),
    );
    proxy.assertAlive();
    return {
      direction,
      framing,
      received: received(),
      before,
      highest,
      highestRss,
      inFlight,
      seconds: (performance.now() - started) / 1_000,
    };
  } finally {
    client.destroy();
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }
}

/** Both directions in both framings, after a body of each that warms the proxy up. Throws when bytes are lost or changed. */
export async function soakBulk(options: BulkOptions): Promise<BulkReport[]> {
  const upstreamPort = await freePort();
  const proxy = await startProxy(options.proxy, { upstreamPort, bufferLimit: options.bufferLimit });
  const reports: BulkReport[] = [];
  try {
    for (const warm of [true, false]) {
      // One beginning for all four bodies, so that what each leaves behind adds up.
      const before = proxy.memory().anonymous;
      for (const direction of ['upload', 'download'] as const) {
        for (const framing of ['content-length', 'chunked'] as const) {
          const one = warm ? { ...options, bytes: 8 << 20, standstills: 1 } : options;
          const report = await transferOnce(one, direction, framing, proxy, upstreamPort, before);
          if (!warm) reports.push(report);
        }
      }
    }
  } finally {
    await proxy.stop();
  }
  return reports;
}

/**
 * What the proxy may grow by at a standstill: a buffer's limit on each of the two connections, each of which may be passed by
 * one more read (64 KB), twice over as bytes are copied from one to the other, and a young generation of the collector.
 */
export function allowedGrowth(bufferLimit: number): number {
  return 2 * 2 * (bufferLimit + 65_536) + (16 << 20);
}
