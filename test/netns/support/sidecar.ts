// A proxy beside an application: Remora as its own process with the proxy's user, in a namespace, with listeners and
// clusters such as Istio sends. REMORA_NETNS_PROXY names another executable: the real Envoy, to check the tests with.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Identity } from './identities.ts';
import { checkoutIsReadable, type Host, PROXY_ID, type User } from './namespaces.ts';

export type Json = { readonly [key: string]: unknown };

const TYPE = 'type.googleapis.com/envoy.';
const program = process.env['REMORA_NETNS_PROXY'] ?? join(import.meta.dirname, '../../../bin/envoy');

export const ADMIN_PORT = 15_000;

/** Both families, as Istio does it for dual stack. */
function everywhere(port: number): Json {
  const socket = (address: string): Json => ({ socket_address: { address, port_value: port } });
  return { address: socket('0.0.0.0'), additional_addresses: [{ address: socket('::') }] };
}

export function tcpProxy(cluster: string): Json {
  return {
    name: 'tcp',
    typed_config: { '@type': `${TYPE}extensions.filters.network.tcp_proxy.v3.TcpProxy`, stat_prefix: cluster, cluster },
  };
}

export function listenerFilter(name: 'original_dst' | 'tls_inspector' | 'original_src', config: Json = {}): Json {
  const type = { original_dst: 'OriginalDst', tls_inspector: 'TlsInspector', original_src: 'OriginalSrc' }[name];
  return { name, typed_config: { '@type': `${TYPE}extensions.filters.listener.${name}.v3.${type}`, ...config } };
}

/** An HTTP connection manager with one route for all. */
export function httpTo(cluster: string, filters: readonly Json[] = [], more: Json = {}): Json {
  const router = { name: 'router', typed_config: { '@type': `${TYPE}extensions.filters.http.router.v3.Router` } };
  const routes = [{ match: { prefix: '/' }, route: { cluster } }];
  return {
    name: 'http',
    typed_config: {
      '@type': `${TYPE}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: cluster,
      route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
      http_filters: [...filters, router],
      ...more,
    },
  };
}

/** Only callers of that name. */
export function rbac(kind: 'http' | 'network', principal: string): Json {
  const policy = {
    permissions: [{ any: true }],
    principals: [{ authenticated: { principal_name: { exact: principal } } }],
  };
  const prefix = kind === 'network' ? { stat_prefix: 'tcp.' } : {};
  const rules = { action: 'ALLOW', policies: { callers: policy } };
  return {
    name: 'rbac',
    typed_config: { '@type': `${TYPE}extensions.filters.${kind}.rbac.v3.RBAC`, ...prefix, rules },
  };
}

/** A TLS context of one side of mutual TLS. */
export function mutualTls(
  side: 'Upstream' | 'Downstream',
  own: Identity,
  ca: string,
  peer: string,
  protocols: readonly string[],
): Json {
  const common = {
    tls_certificates: [
      { certificate_chain: { inline_string: own.certificate }, private_key: { inline_string: own.key } },
    ],
    validation_context: {
      trusted_ca: { inline_string: ca },
      match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { prefix: peer } }],
    },
    alpn_protocols: protocols,
  };
  const type = `${TYPE}extensions.transport_sockets.tls.v3.${side}TlsContext`;
  const required = side === 'Downstream' ? { require_client_certificate: true } : {};
  return { name: 'tls', typed_config: { '@type': type, common_tls_context: common, ...required } };
}

/** To where the connection was meant to go. */
export function originalDst(name: string, source?: string): Json {
  const bind =
    source === undefined ? {} : { upstream_bind_config: { source_address: { address: source, port_value: 0 } } };
  return { name, type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED', connect_timeout: '1s', ...bind };
}

export interface SidecarParts {
  /** Filter chains of virtualInbound before the pass-through. */
  readonly inboundChains?: readonly Json[];
  /** Replaces the pass-through of what no chain takes; null has none. */
  readonly inboundRest?: Json | null;
  readonly inbound?: Json;
  /** Listeners beside the two, which only get connections from virtualOutbound. */
  readonly listeners?: readonly Json[];
  readonly clusters?: readonly Json[];
}

const isV6 = { prefix_ranges: [{ address_prefix: '::', prefix_len: 0 }] };

export function sidecar(parts: SidecarParts = {}): Json {
  const passthrough = [
    { filter_chain_match: isV6, filters: [tcpProxy('InboundPassthroughCluster6')] },
    { filters: [tcpProxy('InboundPassthroughCluster')] },
  ];
  const rest = parts.inboundRest === undefined ? passthrough : parts.inboundRest === null ? [] : [parts.inboundRest];
  return {
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: ADMIN_PORT } } },
    static_resources: {
      listeners: [
        {
          name: 'virtualOutbound',
          ...everywhere(15_001),
          use_original_dst: true,
          filter_chains: [{ filters: [tcpProxy('PassthroughCluster')] }],
        },
        {
          name: 'virtualInbound',
          ...everywhere(15_006),
          listener_filters: [listenerFilter('original_dst'), listenerFilter('tls_inspector')],
          listener_filters_timeout: '1s',
          continue_on_listener_filters_timeout: true,
          filter_chains: [...(parts.inboundChains ?? []), ...rest],
          ...parts.inbound,
        },
        ...(parts.listeners ?? []),
      ],
      clusters: [
        originalDst('PassthroughCluster'),
        originalDst('InboundPassthroughCluster', '127.0.0.6'),
        originalDst('InboundPassthroughCluster6', '::6'),
        ...(parts.clusters ?? []),
      ],
    },
  };
}

/** The process; `stop` and `start` again as a restart does. */
export class Sidecar {
  readonly #host: Host;
  readonly #folder = mkdtempSync(join(tmpdir(), 'remora-netns-'));
  readonly #user: User;
  #child: ChildProcess | undefined;
  #log = '';

  constructor(host: Host, config: Json, options: { netAdmin?: boolean } = {}) {
    this.#host = host;
    chmodSync(this.#folder, 0o755);
    writeFileSync(join(this.#folder, 'envoy.json'), JSON.stringify(config));
    const own = { uid: PROXY_ID, gid: PROXY_ID };
    // Where that user cannot read the sources, and for transparent sockets, root in the proxy's group does as well.
    this.#user = options.netAdmin !== true && checkoutIsReadable(own) ? own : { uid: 0, gid: PROXY_ID };
  }

  /** Everything that it has said. */
  get log(): string {
    return this.#log;
  }

  async start(): Promise<void> {
    const command = [
      program,
      '-c',
      join(this.#folder, 'envoy.json'),
      '--log-level',
      'warning',
      '--concurrency',
      '1',
      '--disable-hot-restart',
    ];
    const [file = '', ...args] = this.#host.commandLine(command, this.#user);
    const env = { ...process.env, NODE_OPTIONS: '', REMORA_DIST: '' };
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
    }
    const end = Date.now() + 20_000;
    while (!(await this.#ready())) {
      if (child.exitCode !== null || Date.now() > end) throw new Error(`the proxy did not start:\n${this.#log}`);
    }
  }

  async #ready(): Promise<boolean> {
    const { out } = await this.admin('ready');
    return out.trim() === 'LIVE';
  }

  /** GET of an admin path. */
  admin(path: string): Promise<{ out: string }> {
    return this.#host.start(['curl', '-s', '--max-time', '5', `http://127.0.0.1:${ADMIN_PORT}/${path}`]);
  }

  /** The value of one counter or gauge. */
  async stat(name: string): Promise<number> {
    const { out } = await this.admin('stats');
    return Number(new RegExp(`^${name.replaceAll('.', '\\.')}: (\\d+)$`, 'm').exec(out)?.[1] ?? Number.NaN);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
