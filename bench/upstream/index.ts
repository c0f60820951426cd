/**
 * The upstream of every run: answers as cheaply as can be, so that the load core is not the limit. nginx where it is found,
 * else a raw-socket Node server. One upstream serves all proxies of a run in turn.
 *
 * GET /        a JSON body of 200 bytes with a unique response header
 * GET /large   1 MB
 * POST /upload reads the whole body, then answers 200
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MEGABYTE } from '../jobs/h1-large.ts';
import type { Certificates } from '../machine/certificates.ts';
import type { CorePlan } from '../machine/cores.ts';
import { freePort, waitReady } from '../machine/ports.ts';
import { findProgram, type Running, start } from '../machine/programs.ts';
import { benchRoot } from '../paths.ts';

export interface Upstream {
  readonly port: number;
  /** Mutual TLS; 0 where there are no certificates, or no nginx. */
  readonly tlsPort: number;
  readonly kind: 'nginx' | 'node';
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
  wanted?: 'nginx' | 'node',
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
  await waitReady(port, '/', performance.now(), () => running.assertAlive());
  return {
    port,
    tlsPort: nginx === undefined ? 0 : tlsPort,
    kind: nginx === undefined ? 'node' : 'nginx',
    stop: () => running.stop(),
  };
}
