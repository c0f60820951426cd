// Owns the soak of rotating certificates: requests over mutual TLS twice (client to proxy, proxy to itself) while every
// certificate, server's and client's, is exchanged every 100 ms as Kubernetes does it, by swapping a link. No request may fail.
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { freePort, waitReady } from '../../../bench/machine/ports.ts';
import { start } from '../../../bench/machine/programs.ts';
import { projectRoot } from '../../../bench/paths.ts';
import { pki } from '../../parity/lib/pki.ts';

export interface RotationOptions {
  readonly seconds: number;
  readonly clients: number;
  readonly everyMs: number;
}

export interface RotationReport {
  readonly answered: number;
  /** The first twenty in words. */
  readonly failures: readonly string[];
  readonly failureCount: number;
  readonly rotations: number;
  /** Common names of server certificates that clients met, with how often. */
  readonly met: Readonly<Record<string, number>>;
  /** `ssl_context_update_by_sds` of the listener in front. */
  readonly contextUpdates: number;
  readonly rotationsRefused: number;
}

/** Server's and client's pairs that follow each other: ECDSA, RSA, and one with an intermediate. */
const generations = [
  { server: 'server', client: 'client' },
  { server: 'server-rsa', client: 'client-rsa' },
  { server: 'server-intermediate', client: 'client-intermediate' },
] as const;

const files = ['server.pem', 'server.key', 'client.pem', 'client.key'] as const;

/** Puts a generation into a folder of its own and swaps the link to it. */
async function rotate(dir: string, count: number): Promise<void> {
  const { files: made } = await pki();
  const generation = generations[count % generations.length] ?? generations[0];
  const folder = `..gen-${count}`;
  mkdirSync(join(dir, folder));
  for (const file of files) {
    const [role, kind] = file.split('.') as ['server' | 'client', string];
    writeFileSync(join(dir, folder, file), made.get(`${generation[role]}.${kind}`) ?? '');
  }
  symlinkSync(folder, join(dir, '..data.new'));
  renameSync(join(dir, '..data.new'), join(dir, '..data'));
  if (count > 1) rmSync(join(dir, `..gen-${count - 2}`), { recursive: true, force: true });
}

const tls = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3';

function bootstrap(dir: string, ports: Readonly<Record<'front' | 'back' | 'admin' | 'app', number>>): string {
  const sds = (name: string): object => ({
    name,
    sds_config: { path_config_source: { path: join(dir, `${name}.json`) } },
  });
  const where = (port: number): object => ({ socket_address: { address: '127.0.0.1', port_value: port } });
  const context = (name: string): object => ({
    tls_certificate_sds_secret_configs: [sds(name)],
    validation_context_sds_secret_config: sds('trust'),
  });
  const listener = (name: string, port: number, cluster: string): object => ({
    name,
    stat_prefix: name,
    address: where(port),
    filter_chains: [
      {
        transport_socket: {
          name: 'tls',
          typed_config: {
            '@type': `${tls}.DownstreamTlsContext`,
            require_client_certificate: true,
            common_tls_context: context('server'),
          },
        },
        filters: [
          {
            name: 'hcm',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              stat_prefix: name,
              route_config: {
                virtual_hosts: [
                  { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster } }] },
                ],
              },
              http_filters: [
                {
                  name: 'router',
                  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
                },
              ],
            },
          },
        ],
      },
    ],
  });
  const cluster = (name: string, port: number, more: object): object => ({
    name,
    type: 'STATIC',
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: where(port) } }] }] },
    ...more,
  });
  const again = {
    // New handshakes all the time, and connections that outlive rotations.
    max_requests_per_connection: 7,
    transport_socket: {
      name: 'tls',
      typed_config: { '@type': `${tls}.UpstreamTlsContext`, sni: 'server.test', common_tls_context: context('client') },
    },
  };
  return JSON.stringify({
    node: { id: 'soak', cluster: 'soak' },
    admin: { address: where(ports.admin) },
    static_resources: {
      listeners: [listener('front', ports.front, 'back'), listener('back', ports.back, 'app')],
      clusters: [cluster('back', ports.back, again), cluster('app', ports.app, {})],
    },
  });
}

function writeSecrets(dir: string): void {
  const data = join(dir, '..data');
  const write = (name: string, content: object): void => {
    const secret = { '@type': `${tls}.Secret`, name, ...content };
    writeFileSync(join(dir, `${name}.json`), JSON.stringify({ version_info: '1', resources: [secret] }));
  };
  for (const name of ['server', 'client']) {
    const pair = {
      certificate_chain: { filename: join(data, `${name}.pem`) },
      private_key: { filename: join(data, `${name}.key`) },
      watched_directory: { path: dir },
    };
    write(name, { tls_certificate: pair });
  }
  write('trust', { validation_context: { trusted_ca: { filename: join(dir, 'ca.pem') } } });
}

class Load {
  answered = 0;
  failureCount = 0;
  readonly failures: string[] = [];
  readonly met: Record<string, number> = {};
  stopped = false;

  /** One after the other; every other client makes a connection for each request. */
  async run(port: number, credentials: object, keepAlive: boolean): Promise<void> {
    const agent = new Agent({ keepAlive, maxSockets: 1, maxCachedSessions: keepAlive ? 100 : 0 });
    while (!this.stopped) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const fail = (text: string): void => {
        this.failureCount++;
        if (this.failures.length < 20) this.failures.push(text);
        resolve();
      };
      const options = { host: '127.0.0.1', servername: 'server.test', port, path: '/', agent, ...credentials };
      const sent = request(options, (response) => {
        const socket = response.socket as TLSSocket;
        const name = String(socket.getPeerCertificate().subject?.CN ?? 'resumed');
        this.met[name] = (this.met[name] ?? 0) + 1;
        response.resume();
        response.on('end', () => {
          if (response.statusCode === 200) this.answered++;
          else fail(`status ${response.statusCode}`);
          resolve();
        });
        response.on('error', (error) => fail(error.message));
      });
      sent.on('error', (error) => fail(error.message));
      sent.end();
      await promise;
    }
    agent.destroy();
  }
}

export async function soakRotation({ seconds, clients, everyMs }: RotationOptions): Promise<RotationReport> {
  const dir = mkdtempSync(join(tmpdir(), 'remora-soak-'));
  const { files: made } = await pki();
  const app = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  const ports = {
    front: await freePort(),
    back: await freePort(),
    admin: await freePort(),
    app: (app.address() as AddressInfo).port,
  };
  writeFileSync(join(dir, 'ca.pem'), made.get('ca.pem') ?? '');
  await rotate(dir, 0);
  writeSecrets(dir);
  const file = join(dir, 'envoy.json');
  writeFileSync(file, bootstrap(dir, ports));
  const running = start([join(projectRoot, 'bin/remora'), 'run', '-c', file], join(dir, 'log'));
  try {
    await waitReady(ports.admin, '/ready', performance.now(), () => running.assertAlive());
    const load = new Load();
    const credentials = { cert: made.get('client.pem'), key: made.get('client.key'), ca: made.get('ca.pem') };
    const runs = Array.from({ length: clients }, (_, index) => load.run(ports.front, credentials, index % 2 === 0));
    let rotations = 0;
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      await rotate(dir, ++rotations);
      running.assertAlive();
    }
    load.stopped = true;
    await Promise.all(runs);
    const stats = await (await fetch(`http://127.0.0.1:${ports.admin}/stats`)).text();
    const stat = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(stats)?.[1] ?? 0);
    const { answered, failures, failureCount, met } = load;
    return {
      ...{ answered, failures, failureCount, met, rotations },
      contextUpdates: stat('listener\\.front\\.server_ssl_socket_factory\\.ssl_context_update_by_sds'),
      rotationsRefused: stat('sds\\.server\\.key_rotation_failed') + stat('sds\\.client\\.key_rotation_failed'),
    };
  } finally {
    await running.stop();
    app.close();
    app.closeAllConnections();
    rmSync(dir, { recursive: true, force: true });
  }
}
