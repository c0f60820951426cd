/**
 * The upstream of every run: answers as cheaply as can be, so that the load core is not the limit. nginx where it is found,
 * else a raw-socket Node server. One upstream serves all proxies of a run in turn.
 *
 * GET /        a JSON body of 200 bytes with a unique response header
 * GET /api/    the same with the response fields of the HTTP/2 jobs (`bench/wire/calls.ts`), the request's id among them
 * GET /large   1 MB
 * POST /upload reads the whole body, then answers 200
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificates } from '../machine/certificates.ts';
import type { CorePlan } from '../machine/cores.ts';
import { freePort, waitReady } from '../machine/ports.ts';
import { findProgram, type Running, start } from '../machine/programs.ts';
import { benchRoot } from '../paths.ts';
import { ID_FIELD, MEGABYTE, responseFields } from '../wire/calls.ts';

export interface Upstream {
  readonly port: number;
  /** Mutual TLS; 0 where there are no certificates, or no nginx. */
  readonly tlsPort: number;
  /** HTTP/2, by a server of our own; 0 where it was not asked for. */
  readonly h2Port: number;
  readonly kind: 'nginx' | 'node';
  /** Throws with its last words when it has ended by itself. */
  assertAlive(): void;
  stop(): Promise<void>;
}

export const SMALL_BODY: string = JSON.stringify({
  items: [
    { id: 1, name: 'first', state: 'ready', tags: ['a', 'b'] },
    { id: 2, name: 'second', state: 'waiting', tags: ['c'] },
  ],
  next: '/items?page=2',
}).padEnd(200);

/** `return` answers before the body of a request has come, so an upload is read whole by a second location that proxies. */
const nginxTls = (port: number, { ca, certificate, key }: Certificates): string => `server {
    listen 127.0.0.1:${port} ssl backlog=4096;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    ssl_client_certificate ${ca};
    ssl_verify_client on;
    ssl_protocols TLSv1.2 TLSv1.3;
    location / { add_header x-served-id $request_id; return 200 '${SMALL_BODY}'; }
  }`;

const apiFields = responseFields('call')
  .filter(([name]) => name !== ':status' && name !== 'content-type')
  .map(([name, value]) => `add_header ${name} ${value.replace('ID', '$request_id')};`)
  .concat(`add_header ${ID_FIELD} $http_${ID_FIELD.replaceAll('-', '_')};`)
  .join('\n      ');

const nginxConf = (port: number, dir: string, tls: string): string => `daemon off;
master_process off;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  client_max_body_size 0;
  client_body_buffer_size 2m;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  sendfile on;
  default_type application/json;
  ${tls}
  upstream self { server 127.0.0.1:${port}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      add_header cache-control no-store;
      add_header x-served-id $request_id;
      return 200 '${SMALL_BODY}';
    }
    location /api/ {
      ${apiFields}
      return 200 '${SMALL_BODY}';
    }
    location = /large { root ${dir}; default_type application/octet-stream; }
    location = /upload {
      proxy_pass http://self/;
      proxy_http_version 1.1;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Connection "";
    }
  }
}
`;

export async function startUpstream(
  dir: string,
  cores: CorePlan,
  certificates: Certificates | undefined,
  { http2, kind: wanted }: { http2: boolean; kind?: 'nginx' | 'node' | undefined },
): Promise<Upstream> {
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const tlsPort = certificates === undefined ? 0 : await freePort();
  const nginx = wanted === 'node' ? undefined : findProgram('nginx');
  if (wanted === 'nginx' && nginx === undefined) throw new Error('nginx is not installed');
  let running: Running;
  if (nginx === undefined) {
    const server = join(benchRoot, 'upstream/node-server.ts');
    running = start([...cores.load, process.execPath, server, String(port)], join(dir, 'upstream.log'));
  } else {
    writeFileSync(
      join(dir, 'upstream.conf'),
      nginxConf(port, dir, certificates === undefined ? '' : nginxTls(tlsPort, certificates)),
    );
    writeFileSync(join(dir, 'large'), Buffer.alloc(MEGABYTE, 'remora '));
    const command = [nginx, '-p', dir, '-c', join(dir, 'upstream.conf'), '-e', join(dir, 'error.log')];
    running = start([...cores.load, ...command], join(dir, 'upstream.log'));
  }
  const all = [running];
  const h2Port = http2 ? await freePort() : 0;
  if (http2) {
    const server = join(benchRoot, 'upstream/h2-server.ts');
    all.push(start([...cores.load, process.execPath, server, String(h2Port)], join(dir, 'h2.log')));
    await waitReady(h2Port, '/', performance.now(), () => all[1]?.assertAlive());
  }
  await waitReady(port, '/', performance.now(), () => running.assertAlive());
  return {
    port,
    tlsPort: nginx === undefined ? 0 : tlsPort,
    h2Port,
    kind: nginx === undefined ? 'node' : 'nginx',
    assertAlive() {
      for (const each of all) each.assertAlive();
    },
    async stop() {
      await Promise.all(all.map((each) => each.stop()));
    },
  };
}
