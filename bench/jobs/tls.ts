/** Mutual TLS: the plain sidecar with certificates on both sides, or downstream only where connections are what is measured. */
import type { Case, Job, Site, TlsLoad } from '../job.ts';
import { envoySidecar, nginxSidecar } from './sidecar.ts';

const typeOf = (name: string): string => `type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.${name}`;

function envoyContext({ certificates }: Site): string {
  if (certificates === undefined) throw new Error('openssl is not installed');
  const { ca, certificate, key } = certificates;
  return `common_tls_context: { tls_params: { tls_maximum_protocol_version: TLSv1_3 }, tls_certificates: [{ certificate_chain: { filename: ${certificate} }, private_key: { filename: ${key} } }], validation_context: { trusted_ca: { filename: ${ca} } } }`;
}

const socket = (type: string, fields: string): string =>
  `transport_socket: { name: envoy.transport_sockets.tls, typed_config: { "@type": ${typeOf(type)}, ${fields} } }`;

const downstream = (site: Site): string =>
  socket('DownstreamTlsContext', `require_client_certificate: true, ${envoyContext(site)}`);

const upstream = (site: Site): string => socket('UpstreamTlsContext', `sni: app.bench.test, ${envoyContext(site)}`);

function nginxTls(site: Site, bothSides: boolean): string {
  const { ca = '', certificate = '', key = '' } = site.certificates ?? {};
  const listening = `ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    ssl_client_certificate ${ca};
    ssl_verify_client on;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:bench:10m;
    ssl_session_tickets on;
`;
  const connecting = `proxy_ssl_certificate ${certificate};
      proxy_ssl_certificate_key ${key};
      proxy_ssl_trusted_certificate ${ca};
      proxy_ssl_verify on;
      proxy_ssl_name app.bench.test;
      proxy_ssl_server_name on;
      proxy_ssl_protocols TLSv1.2 TLSv1.3;
`;
  const plain = nginxSidecar(bothSides ? { ...site, upstream: site.upstreamTls } : site);
  const secured = plain
    .replace(
      `listen 127.0.0.1:${site.listen} backlog=4096;`,
      `listen 127.0.0.1:${site.listen} ssl backlog=4096;\n    ${listening}`,
    )
    // Where the bench sees that it is up.
    .replace('  server {\n', `  server { listen 127.0.0.1:${site.admin}; location / { return 200; } }\n  server {\n`);
  return bothSides
    ? secured.replace('proxy_pass http://app;', `proxy_pass https://app;\n      ${connecting}`)
    : secured;
}

const at = (mode: TlsLoad['mode'], connections: number, name: string): Case => ({
  name,
  load: { kind: 'tls', mode, connections },
});

function job(name: string, title: string, description: string, bothSides: boolean, cases: readonly Case[]): Job {
  return {
    name,
    title,
    description,
    headline: 'cpuMicroseconds',
    cases,
    readyOnAdmin: true,
    envoy: (site) =>
      envoySidecar(bothSides ? { ...site, upstream: site.upstreamTls } : site, {
        filterChain: downstream(site),
        cluster: bothSides ? upstream(site) : '',
      }),
    nginx: (site) => nginxTls(site, bothSides),
    haproxy: () => undefined,
  };
}

export const tlsJobs: readonly Job[] = [
  job(
    'mtls',
    'CPU time for each HTTP/1.1 request over mutual TLS on both sides',
    'the job h1 with mutual TLS (TLS 1.3, P-256) on both sides, on connections that stay',
    true,
    [2, 8, 32].map((connections) => at('keep-alive', connections, `${connections} connections`)),
  ),
  job(
    'tls-connect',
    'CPU time for each TLS connection with one request',
    'connections of their own for each request: mutual TLS downstream, whole handshakes and resumed ones; plain upstream',
    false,
    [at('new', 8, 'new'), at('resumed', 8, 'resumed')],
  ),
  job(
    'tls-idle',
    'Memory with 10,000 idle TLS connections',
    '10,000 connections with mutual TLS that have carried one request each and stay open',
    false,
    [at('idle', 10_000, '10,000 idle')],
  ),
];
