// Upstreams of HTTP/1.1 for clients of HTTP/2.
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { Test } from 'tap';
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
