// Upstreams for clients of HTTP/2, of HTTP/1.1 and HTTP/2.
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import {
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { address, type Json } from '../../support/bootstrap.ts';
import { HttpUpstream } from '../../support/upstream.ts';

export async function upstream(t: Test, listener: RequestListener): Promise<HttpUpstream> {
  const app = new HttpUpstream(listener);
  app.server.listen(0, '127.0.0.1');
  await once(app.server, 'listening');
  t.teardown(() => app.close());
  return app;
}

/** Sends back the body as it comes, and names what it got in headers. */
export function echoUpstream(t: Test): Promise<HttpUpstream> {
  return upstream(t, (request, response) => {
    const head: Record<string, string> = { 'x-path': request.url ?? '' };
    const { 'x-id': id, cookie } = request.headers;
    if (typeof id === 'string') head['x-id'] = id;
    if (cookie !== undefined) head['x-cookie'] = cookie;
    response.writeHead(200, head);
    request.on('error', () => response.destroy());
    request.pipe(response);
  });
}

export interface Http2Upstream {
  readonly address: Json;
  /** Living ones. */
  readonly sessions: ReadonlySet<ServerHttp2Session>;
}

/** By prior knowledge. Errors of streams are the proxy's affair. */
export async function http2Upstream(
  t: Test,
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  settings: Settings = {},
): Promise<Http2Upstream> {
  // Node resets streams where a session has more than that to send; megabytes.
  const server = createServer({ settings, maxSessionMemory: 1000 });
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => undefined);
    answer(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { address: address((server.address() as AddressInfo).port), sessions };
}
