// Owns soak (a): kept-alive requests, each with its own id, through the proxy to an upstream that closes connections at
// random. Every response must carry its own request's id: none lost, none misdelivered, none performed twice.
import { connect, type Socket } from 'node:net';
import { type CloseCounts, ClosingUpstream, expectedBody, requestBody } from './closing-upstream.ts';
import { headerOf, MessageReader } from './message-reader.ts';
import { type ProxyName, startProxy } from './proxy.ts';
import { seeded } from './seeded.ts';

export interface KeepAliveOptions {
  readonly proxy: ProxyName;
  readonly requests: number;
  /** Downstream connections; every fourth one pipelines. */
  readonly connections: number;
  readonly seed: number;
  progress?(done: number): void;
}

export interface KeepAliveReport {
  readonly requests: number;
  /** Answered 200 with the right id and body. */
  readonly answered: number;
  /**
   * POSTs answered 503: on a connection that the upstream closed, nobody can know whether it had been performed, so sending
   * it again is not safe.
   */
  readonly refusedPosts: number;
  /** What went wrong: the first twenty in words, and how many in all. */
  readonly failures: readonly string[];
  readonly failureCount: number;
  readonly closes: CloseCounts;
  readonly upstreamConnections: number;
  /** Requests that reached a connection behind its FIN, and had to be sent again. */
  readonly tooLate: number;
  readonly seconds: number;
}

/** No answer at all for so long means that requests are lost. */
const STALL_MS = 15_000;
const POST_SHARE = 0.1;
const PIPELINE = 4;

class Failures {
  readonly first: string[] = [];
  count = 0;

  add(text: string): void {
    this.count++;
    if (this.first.length < 20) this.first.push(text);
  }
}

class Run {
  readonly options: KeepAliveOptions;
  readonly failures = new Failures();
  readonly isPost: Uint8Array;
  next = 0;
  answered = 0;
  refusedPosts = 0;
  done = 0;
  lastProgress = performance.now();
  /** Requests sent behind a response that closed the connection: HTTP has the client send them again. */
  readonly again: number[] = [];

  constructor(options: KeepAliveOptions) {
    this.options = options;
    const random = seeded(options.seed ^ 0x9e3779b9);
    this.isPost = Uint8Array.from({ length: options.requests }, () => (random() < POST_SHARE ? 1 : 0));
  }

  take(): number | undefined {
    const repeated = this.again.pop();
    if (repeated !== undefined) return repeated;
    return this.next < this.options.requests ? this.next++ : undefined;
  }

  finish(count: number): void {
    this.done += count;
    this.lastProgress = performance.now();
    if (this.done % 10_000 < count) this.options.progress?.(this.done);
  }

  idOf(index: number): string {
    return `${this.options.seed}-${index}`;
  }

  render(index: number): string {
    const id = this.idOf(index);
    const common = `/soak/${id} HTTP/1.1\r\nhost: soak.test\r\nx-soak-id: ${id}\r\n`;
    if (this.isPost[index] !== 1) return `GET ${common}\r\n`;
    const body = requestBody(id, index);
    return `POST ${common}content-length: ${body.length}\r\n\r\n${body}`;
  }

  check(index: number, head: string, body: Buffer): void {
    const id = this.idOf(index);
    const status = head.slice(9, 12);
    if (status === '503' && this.isPost[index] === 1) this.refusedPosts++;
    else if (status !== '200') this.failures.add(`${id}: ${status} ${body.toString('latin1', 0, 200)}`);
    else if (headerOf(head, 'x-soak-id') !== id) {
      this.failures.add(`${id}: misdelivered, got the response of ${headerOf(head, 'x-soak-id')}`);
    } else if (body.toString('latin1') !== expectedBody(id, index)) this.failures.add(`${id}: body is not its own`);
    else this.answered++;
  }
}

/** One downstream connection at a time, opened anew whenever the proxy has closed it. */
class Caller {
  readonly #run: Run;
  readonly #port: number;
  readonly #depth: number;
  readonly #finished: () => void;
  #socket: Socket | undefined;
  #outstanding: number[] = [];

  constructor(run: Run, port: number, depth: number, finished: () => void) {
    this.#run = run;
    this.#port = port;
    this.#depth = depth;
    this.#finished = finished;
    this.#open();
  }

  stop(): void {
    this.#socket?.destroy();
  }

  #open(): void {
    const socket = connect(this.#port, '127.0.0.1');
    const reader = new MessageReader((head, body) => this.#response(socket, head, body));
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.feed(chunk);
      } catch (error) {
        this.#run.failures.add(String(error));
        socket.destroy();
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (socket !== this.#socket) return;
      for (const index of this.#outstanding)
        this.#run.failures.add(`${this.#run.idOf(index)}: lost, connection closed`);
      this.#run.finish(this.#outstanding.length);
      this.#outstanding = [];
      this.#open();
    });
    this.#send();
  }

  #send(): void {
    let text = '';
    while (this.#outstanding.length < this.#depth) {
      const index = this.#run.take();
      if (index === undefined) break;
      this.#outstanding.push(index);
      text += this.#run.render(index);
    }
    if (text !== '') this.#socket?.write(text, 'latin1');
    else if (this.#outstanding.length === 0) {
      const socket = this.#socket;
      this.#socket = undefined;
      socket?.end();
      this.#finished();
    }
  }

  #response(socket: Socket, head: string, body: Buffer): void {
    const index = this.#outstanding.shift();
    if (index === undefined) {
      this.#run.failures.add(`a response that nobody asked for: ${head}`);
      return;
    }
    this.#run.check(index, head, body);
    this.#run.finish(1);
    if (/\r\nconnection: *close/i.test(head)) {
      this.#run.again.push(...this.#outstanding);
      this.#outstanding = [];
      this.#socket = undefined;
      socket.end();
      this.#open();
    } else if (this.#outstanding.length === 0) this.#send();
  }
}

export async function soakKeepAlive(options: KeepAliveOptions): Promise<KeepAliveReport> {
  const run = new Run(options);
  const upstream = new ClosingUpstream(options.requests, seeded(options.seed));
  const proxy = await startProxy(options.proxy, { upstreamPort: await upstream.listen(), bufferLimit: 1 << 20 });
  const started = performance.now();
  const callers: Caller[] = [];
  try {
    await new Promise<void>((resolve) => {
      let working = options.connections;
      const finished = (): void => {
        working--;
        if (working > 0) return;
        clearInterval(watchdog);
        resolve();
      };
      const watchdog = setInterval(() => {
        if (performance.now() - run.lastProgress < STALL_MS) return;
        run.failures.add(`${options.requests - run.done} requests lost: no response for ${STALL_MS / 1_000} s`);
        clearInterval(watchdog);
        resolve();
      }, 1_000);
      for (let at = 0; at < options.connections; at++) {
        callers.push(new Caller(run, proxy.port, at % 4 === 3 ? PIPELINE : 1, finished));
      }
    });
    proxy.assertAlive();
  } finally {
    for (const caller of callers) caller.stop();
    await proxy.stop();
    await upstream.stop();
  }
  for (const garbled of upstream.garbled) run.failures.add(garbled);
  upstream.answers.forEach((answers, index) => {
    if (answers > 1) run.failures.add(`${run.idOf(index)}: performed ${answers} times`);
  });
  return {
    requests: options.requests,
    answered: run.answered,
    refusedPosts: run.refusedPosts,
    failures: run.failures.first,
    failureCount: run.failures.count,
    closes: upstream.closes,
    upstreamConnections: upstream.connections,
    tooLate: upstream.tooLate,
    seconds: (performance.now() - started) / 1_000,
  };
}
