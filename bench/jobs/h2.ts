/**
 * HTTP/2 and gRPC through the plain sidecar: on both sides, and beside HTTP/1.1 on one of them. With 128 requests in flight
 * they are on 8 connections with 16 streams each, with 8 on 8 connections with one.
 */
import type { CallLoad, Case, Job, Site } from '../job.ts';
import { type CallKind, MEGABYTE } from '../wire/calls.ts';
import { envoySidecar, haproxySidecar, nginxSidecar } from './sidecar.ts';

type Protocol = CallLoad['protocol'];

const inFlight: readonly (readonly [count: number, connections: number, streams: number])[] = [
  [1, 1, 1],
  [8, 8, 1],
  [128, 8, 16],
];

/** HTTP/1.1 has no streams: a connection for each request. */
function cases(call: CallKind, protocol: Protocol = 'h2', prefix = ''): Case[] {
  return inFlight.map(([count, connections, streams]) => ({
    name: `${prefix}${count} in flight`,
    load: {
      kind: 'call',
      protocol,
      call,
      connections: protocol === 'h1' ? count : connections,
      streams: protocol === 'h1' ? 1 : streams,
    },
    ...(call === 'large' || call === 'upload' ? { bytesPerRequest: MEGABYTE } : {}),
  }));
}

const OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const http2Cluster = `typed_extension_protocol_options: { ${OPTIONS}: { "@type": type.googleapis.com/${OPTIONS}, explicit_http_config: { http2_protocol_options: {} } } }`;

/** No end to calls that last. */
const routes = '- match: { prefix: "/" }\n  route: { cluster: app, timeout: 0s }\n';

const envoy = (upstream: Protocol) => (site: Site) =>
  upstream === 'h1'
    ? envoySidecar(site)
    : envoySidecar({ ...site, upstream: site.upstreamH2 }, { cluster: http2Cluster, routes });

/** Takes HTTP/2 on a port that then takes nothing else. */
const nginx = (site: Site): string =>
  nginxSidecar(site)
    .replace(`listen 127.0.0.1:${site.listen} backlog=4096;`, `listen 127.0.0.1:${site.listen} http2 backlog=4096;`)
    .replace('  server {\n', `  server { listen 127.0.0.1:${site.admin}; location / { return 200; } }\n  server {\n`);

const haproxy = (downstream: Protocol, upstream: Protocol) => (site: Site) =>
  haproxySidecar(site)
    .replace(`bind 127.0.0.1:${site.listen}`, `bind 127.0.0.1:${site.listen}${downstream === 'h2' ? ' proto h2' : ''}`)
    .replace(
      `server app1 127.0.0.1:${site.upstream}`,
      upstream === 'h2'
        ? `server app1 127.0.0.1:${site.upstreamH2} proto h2`
        : `server app1 127.0.0.1:${site.upstream}`,
    )
    .replace(
      'frontend ingress',
      `frontend ready\n  bind 127.0.0.1:${site.admin}\n  http-request return status 200\n\nfrontend ingress`,
    );

const nghttpx = (upstream: Protocol) => (site: Site) =>
  `frontend=127.0.0.1,${site.listen};no-tls
backend=127.0.0.1,${upstream === 'h2' ? site.upstreamH2 : site.upstream};/${upstream === 'h2' ? ';proto=h2' : ''}
workers=1
single-process=yes
add-x-forwarded-for=yes
accesslog-file=/dev/null
errorlog-file=${site.dir}/error.log
log-level=WARN
frontend-http2-window-size=16777215
frontend-http2-connection-window-size=25165824
backend-http2-window-size=16777215
backend-http2-connection-window-size=25165824
`;

interface Path {
  readonly downstream: Protocol;
  readonly upstream: Protocol;
}

function job(
  name: string,
  title: string,
  description: string,
  { downstream, upstream }: Path,
  jobCases: readonly Case[],
  headline: Job['headline'] = 'cpuMicroseconds',
): Job {
  return {
    name,
    title,
    description,
    headline,
    cases: jobCases,
    readyOnAdmin: true,
    http2Upstream: upstream === 'h2',
    envoy: envoy(upstream),
    nginx: (site) => (downstream === 'h2' && upstream === 'h1' ? nginx(site) : undefined),
    haproxy: haproxy(downstream, upstream),
    nghttpx: nghttpx(upstream),
  };
}

const h2: Path = { downstream: 'h2', upstream: 'h2' };
const words = 'ten request fields and eight response fields with ids that differ each time';

export const h2Jobs: readonly Job[] = [
  job('h2', 'CPU time for each HTTP/2 request', `HTTP/2 → HTTP/2; ${words}`, h2, cases('call')),
  job(
    'h2-h1',
    'CPU time for each HTTP/2 request to an HTTP/1.1 upstream',
    `HTTP/2 → HTTP/1.1; ${words}`,
    { downstream: 'h2', upstream: 'h1' },
    cases('call'),
  ),
  job(
    'h1-h2',
    'CPU time for each HTTP/1.1 request to an HTTP/2 upstream',
    `HTTP/1.1 → HTTP/2, keep-alive; ${words}`,
    { downstream: 'h1', upstream: 'h2' },
    cases('call', 'h1'),
  ),
  job(
    'grpc-unary',
    'CPU time for each unary gRPC call',
    'gRPC calls over HTTP/2 with a message of 100 bytes each way, ids as in h2, and trailers',
    h2,
    cases('unary'),
  ),
  job(
    'grpc-stream',
    'CPU time for each gRPC message there and back',
    'bidirectional gRPC streams that stay open: a message of 100 bytes there and back, one in flight on each',
    h2,
    cases('stream'),
  ),
  job(
    'h2-large',
    'Megabytes of body over HTTP/2 for each second of CPU',
    'the job h2 with bodies of 1 MB: megabytes moved for each second of CPU',
    h2,
    [...cases('large', 'h2', 'response, '), ...cases('upload', 'h2', 'request, ')],
    'megabytesPerCpuSecond',
  ),
];
