// Clients nobody here wrote: undici for what clients do, raw sockets for what they should not.
import { connect, type Socket } from 'node:net';
import type { Test } from 'tap';
import { Agent, type Dispatcher, request } from 'undici';
import type { RunningProxy } from './remora.ts';
import { until } from './until.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

export interface RequestOptions {
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
  /** Listener, by name; default the first. */
  readonly listener?: string;
}

/** One client with its own keep-alive connections, `connections` at most; closed with the test. */
export class Client {
  readonly #agent: Agent;

  constructor(t: Test, connections = 1) {
    this.#agent = new Agent({ connections, pipelining: 1, headersTimeout: 30_000, bodyTimeout: 30_000 });
    t.teardown(() => this.#agent.destroy());
  }

  /** Ends its idle connections. */
  close(): Promise<void> {
    return this.#agent.close();
  }

  async request(proxy: RunningProxy, path: string, options: RequestOptions = {}): Promise<Answer> {
    const answer = await request(`http://127.0.0.1:${proxy.portOf(options.listener)}${path}`, {
      method: options.method ?? 'GET',
      dispatcher: this.#agent,
      ...(options.headers === undefined ? {} : { headers: options.headers }),
      ...(options.body === undefined ? {} : { body: options.body }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
  }

  get(proxy: RunningProxy, path: string, options: RequestOptions = {}): Promise<Answer> {
    return this.request(proxy, path, options);
  }

  post(proxy: RunningProxy, path: string, body: string | Buffer, options: RequestOptions = {}): Promise<Answer> {
    return this.request(proxy, path, { ...options, method: 'POST', body });
  }
}

/** A connection of plain bytes. */
export class RawClient {
  readonly socket: Socket;
  text = '';
  bytes = 0;
  ended = false;
  closed = false;

  constructor(t: Test, target: number | string, keepText = true) {
    this.socket = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target);
    t.teardown(() => this.socket.destroy());
    this.socket.on('data', (data: Buffer) => {
      this.bytes += data.length;
      if (keepText) this.text += data.toString('latin1');
    });
    this.socket.on('end', () => {
      this.ended = true;
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
    this.socket.on('error', () => {});
  }

  send(...parts: readonly (string | Buffer)[]): this {
    for (const part of parts) this.socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
    return this;
  }

  async see(part: string | RegExp): Promise<string> {
    await until(
      () => (typeof part === 'string' ? this.text.includes(part) : part.test(this.text)),
      `${part} in ${JSON.stringify(this.text.slice(-500))}`,
    );
    return this.text;
  }

  async end(): Promise<string> {
    await until(() => this.closed || this.ended, 'the end of the connection');
    return this.text;
  }
}

/** A GET without a body, as raw text. */
export function get(path = '/', ...lines: readonly string[]): string {
  return [`GET ${path} HTTP/1.1`, 'host: test', ...lines, '', ''].join('\r\n');
}
