// Owns the clients of the mixed soak: one request at a time each, over a connection of HTTP/2 that several share, or kept-alive
// ones of HTTP/1.1. Judges each response by what was planned.
import { Agent, request as httpRequest } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { Readable, Writable } from 'node:stream';
import { type Plan, pathOf, piece, sumOf } from './mixed-plan.ts';

export type Outcome =
  /** Whole and its own. */
  | { readonly kind: 'answered' }
  /** We gave up, as planned. */
  | { readonly kind: 'left' }
  /** The upstream broke off, as planned, and we have been told so. */
  | { readonly kind: 'broken' }
  | { readonly kind: 'failed'; readonly why: string };

/** How either protocol asks. */
interface Call {
  readonly body: Writable;
  onResponse(then: (status: number, headers: Record<string, unknown>, response: Readable) => void): void;
  onTrailers(then: (end: string) => void): void;
  leave(): void;
}

const written = 40_000;

function sendBody(body: Writable, plan: Plan, end: () => void): void {
  let sent = 0;
  const send = (): void => {
    while (sent < plan.up) {
      const size = Math.min(written, plan.up - sent);
      const room = body.write(piece(plan.index + 1, sent, size));
      sent += size;
      if (!room) return void body.once('drain', send);
    }
    end();
  };
  send();
}

/** Whether they get through: HTTP/1.1 drops them by default. */
export interface Trailers {
  readonly up: boolean;
  readonly down: boolean;
}

/** Follows one call to its end. */
function follow(call: Call, plan: Plan, trailers: Trailers): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const { index, down, leaveAt, breakAt } = plan;
  const fail = (why: string): void => resolve({ kind: 'failed', why: `${index}: ${why}` });
  let received = 0;
  let tail = '';
  let left = false;
  const leave = (): void => {
    left = true;
    call.leave();
    resolve({ kind: 'left' });
  };
  const broke = (why: string): void => {
    if (left || leaveAt !== null) resolve({ kind: 'left' });
    else if (breakAt !== null) resolve({ kind: 'broken' });
    else fail(`broke off at ${received} of ${down}: ${why}`);
  };
  call.body.on('error', (error: Error) => broke(error.message));
  call.onTrailers((end) => (tail = end));
  call.onResponse((status, headers, response) => {
    response.on('error', (error: Error) => broke(error.message));
    // Behind an early answer the request is cut off, and the answer still to be read.
    response.on('aborted', () => plan.early || broke('aborted'));
    response.on('close', () => broke('closed'));
    if (status === 503 && breakAt !== null) {
      response.resume();
      return resolve({ kind: leaveAt === null ? 'broken' : 'left' });
    }
    if (status !== 200) return fail(`status ${status}`);
    if (headers['x-index'] !== String(index)) return fail(`got the response of ${String(headers['x-index'])}`);
    if (!plan.early && headers['x-received'] !== String(plan.up))
      return fail(`${String(headers['x-received'])} of ${plan.up} octets arrived`);
    if (!plan.early && headers['x-sum'] !== sumOf(index + 1, plan.up)) return fail('other bytes arrived');
    if (!plan.early && trailers.up && headers['x-tail'] !== (plan.trailers ? 'yes' : ''))
      return fail('other trailers arrived');
    if (leaveAt === 0) return leave();
    response.on('data', (data: Buffer) => {
      if (left) return;
      if (Buffer.compare(data, piece(index, received, data.length)) !== 0)
        return fail(`other bytes between ${received} and ${received + data.length}`);
      received += data.length;
      if (leaveAt !== null && received >= leaveAt) leave();
    });
    response.on('end', () => {
      if (left) return;
      if (received !== down) return broke('it ended');
      if (breakAt !== null) return fail('whole, though it broke off');
      if (trailers.down && leaveAt === null && !plan.early && tail !== String(index))
        return fail(`other trailers: ${tail}`);
      resolve({ kind: 'answered' });
    });
    if (plan.pause > 0) {
      response.pause();
      setTimeout(() => response.resume(), plan.pause);
    }
  });
  if (leaveAt === -1) setTimeout(leave, index % 5);
  return promise;
}

export interface Caller {
  /** Octets that one stream may hold; Infinity: as many as it likes. */
  readonly window: number;
  ask(plan: Plan): Promise<Outcome>;
  /** A new window of streams. */
  change(window: number): void;
  stop(): void;
}

export class Http2Caller implements Caller {
  readonly window: number;
  readonly #session: ClientHttp2Session;
  readonly #trailers: boolean;
  readonly #failed: (why: string) => void;

  constructor(port: number, window: number, trailers: boolean, failed: (why: string) => void) {
    this.#trailers = trailers;
    this.window = window;
    this.#failed = failed;
    this.#session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: window } });
    this.#session.on('error', (error) => failed(`a connection with windows of ${window}: ${error.message}`));
    this.#session.on('goaway', (code) => failed(`GOAWAY ${code} with windows of ${window}`));
  }

  ask(plan: Plan): Promise<Outcome> {
    const headers = { ':path': pathOf(plan), ':method': plan.up === 0 ? 'GET' : 'POST', 'x-index': String(plan.index) };
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(headers, { endStream: false, waitForTrailers: plan.trailers });
    } catch (error) {
      return Promise.resolve({ kind: 'failed', why: `${plan.index}: ${String(error)}` });
    }
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-tail': 'yes' }));
    const done = follow(
      {
        body: stream,
        onResponse: (then) => stream.on('response', (head) => then(head[':status'] ?? 0, head, stream)),
        onTrailers: (then) => stream.on('trailers', (tail) => then(String(tail['x-end']))),
        // What has come already must be taken, or the stream stays open at our end.
        leave: () => stream.resume().close(8),
      },
      plan,
      { up: this.#trailers, down: this.#trailers },
    );
    sendBody(stream, plan, () => stream.end());
    return done;
  }

  change(window: number): void {
    if (!this.#session.destroyed && !this.#session.closed) this.#session.settings({ initialWindowSize: window });
  }

  stop(): void {
    this.#session.removeAllListeners('goaway');
    this.#session.on('goaway', () => undefined);
    this.#session.close();
    setTimeout(() => this.#session.destroyed || this.#failed('a connection did not end'), 5000).unref();
  }
}

export class Http1Caller implements Caller {
  readonly window = Number.POSITIVE_INFINITY;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(port: number) {
    this.#port = port;
  }

  ask(plan: Plan): Promise<Outcome> {
    const method = plan.up === 0 ? 'GET' : 'POST';
    const asking = { host: '127.0.0.1', port: this.#port, path: pathOf(plan), method, agent: this.#agent };
    const request = httpRequest({ ...asking, headers: { 'x-index': String(plan.index) } });
    const done = follow(
      {
        body: request,
        onResponse: (then) =>
          request.on('response', (response) => then(response.statusCode ?? 0, response.headers, response)),
        onTrailers: () => undefined,
        leave: () => request.destroy(),
      },
      plan,
      { up: false, down: false },
    );
    if (plan.up === 0) request.end();
    else sendBody(request, plan, () => request.end());
    return done;
  }

  change(): void {}

  stop(): void {
    this.#agent.destroy();
  }
}
