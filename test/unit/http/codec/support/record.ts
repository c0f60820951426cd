// Asks the real Envoy for its verdict on every case and writes recorded.json beside it.
// `scripts/with-node node test/unit/http/codec/support/record.ts PATH_OF_ENVOY [OUTPUT]`; with `bin/envoy` it asks the whole
// of our own proxy the same.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type OptionSet, requestCases, responseCases } from './cases.ts';

const envoy = process.argv[2] ?? 'envoy';
const folder = mkdtempSync(join(tmpdir(), 'h1-record-'));
const log = join(folder, 'access.log');

/** What the upstream has read since the last case, and what it answers. */
let received = '';
let answer = '';
let answerCloses = false;
const upstream = createServer((socket: Socket) => {
  socket.on('error', () => {});
  socket.on('data', (data) => {
    received += data.toString('latin1');
    if (!answered(received)) return;
    socket.write(answer, 'latin1');
    if (answerCloses) socket.end();
  });
});

/** The upstream answers a message that is complete; framing as Envoy writes it, which is never ambiguous. */
function answered(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const head = text.slice(0, end).toLowerCase();
  if (head.includes('\r\ntransfer-encoding: chunked')) return text.endsWith('0\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
  return text.length >= end + 4 + Number(length ?? 0);
}

const options: Record<OptionSet, string> = {
  default: '{}',
  lenient: `{http_protocol_options: {accept_http_10: true, default_host_for_http_10: dh, enable_trailers: true, allow_chunked_length: true}, common_http_protocol_options: {headers_with_underscores_action: REJECT_REQUEST}}`,
  other: `{http_protocol_options: {allow_absolute_url: false, allow_custom_methods: true}, common_http_protocol_options: {headers_with_underscores_action: DROP_HEADER}}`,
};

async function main(): Promise<void> {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const upstreamPort = (upstream.address() as AddressInfo).port;
  const ports = new Map<OptionSet, number>();
  const listeners: unknown[] = [];
  for (const set of Object.keys(options) as OptionSet[]) {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const port = (probe.address() as AddressInfo).port;
    probe.close();
    ports.set(set, port);
    listeners.push(listener(set, port));
  }
  const config = join(folder, 'envoy.json');
  writeFileSync(config, JSON.stringify({ static_resources: { listeners, clusters: [cluster(upstreamPort)] } }));
  writeFileSync(log, '');
  const child = spawn(
    envoy,
    ['-c', config, '--use-dynamic-base-id', '--concurrency', '1', '-l', 'error', '--file-flush-interval-msec', '10'],
    { stdio: 'inherit' },
  );
  try {
    await ready(ports.get('default') ?? 0);
    const requests: Record<string, unknown> = {};
    for (const { name, options: set, raw } of requestCases) {
      answer = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
      answerCloses = false;
      requests[name] = await ask(ports.get(set) ?? 0, raw);
    }
    const responses: Record<string, unknown> = {};
    for (const { name, request, raw, close } of responseCases) {
      answer = raw;
      answerCloses = close;
      responses[name] = await ask(ports.get('default') ?? 0, request, true);
    }
    const file = process.argv[3] ?? new URL('recorded.json', import.meta.url);
    writeFileSync(file, `${JSON.stringify({ envoy: '1.40.0', requests, responses }, null, 1)}\n`);
  } finally {
    child.kill();
    upstream.close();
    rmSync(folder, { recursive: true });
    process.exit();
  }
}

/** Sends `raw` and waits until Envoy has answered and gone quiet. */
async function ask(port: number, raw: string, response = false): Promise<unknown> {
  received = '';
  const logged = readFileSync(log, 'utf8').length;
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (data) => {
    text += data.toString('latin1');
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(raw, 'latin1');
  await delay(70);
  socket.destroy();
  await delay(40);
  const lines = readFileSync(log, 'utf8')
    .slice(logged)
    .trim()
    .split('\n')
    .map((entry) => entry.split(' '));
  const verdicts = lines.map(([status, details, flags]) => `${status} ${details} ${flags}`);
  const head = received.indexOf('\r\n\r\n');
  if (response) {
    const start = text.indexOf('\r\n\r\n');
    return { verdicts, body: text.slice(start + 4), status: text.slice(9, 12) };
  }
  if (head === -1) return { verdicts };
  const [method, path] = received.split(' ');
  const host = /\r\nhost: ([^\r]*)/.exec(received)?.[1];
  const field = /\r\nx: ([^\r]*)/.exec(received)?.[1];
  const body = received.slice(head + 4);
  return {
    verdicts,
    upstream: {
      method,
      path,
      host,
      ...(field === undefined || field.length > 200 ? {} : { x: field }),
      body: body.length > 200 ? `${body.length} octets` : body,
    },
  };
}

async function ready(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const won = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      delay(500, false),
    ]);
    socket.destroy();
    if (won) return;
    await delay(50);
  }
  throw new Error('Envoy does not come up');
}

function listener(set: OptionSet, port: number): unknown {
  return JSON.parse(
    JSON.stringify({
      name: set,
      address: { socket_address: { address: '127.0.0.1', port_value: port } },
      filter_chains: [
        {
          filters: [
            {
              name: 'hcm',
              typed_config: {
                '@type':
                  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                stat_prefix: set,
                delayed_close_timeout: '0.01s',
                upgrade_configs: [{ upgrade_type: 'websocket' }],
                ...yamlFlow(options[set]),
                access_log: [
                  {
                    name: 'file',
                    typed_config: {
                      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
                      path: log,
                      log_format: {
                        text_format_source: {
                          inline_string: '%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%\n',
                        },
                      },
                    },
                  },
                ],
                route_config: {
                  virtual_hosts: [
                    {
                      name: 'all',
                      domains: ['*'],
                      routes: [
                        { match: { connect_matcher: {} }, direct_response: { status: 200 } },
                        { match: { prefix: '/' }, route: { cluster: 'up' } },
                      ],
                    },
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
    }),
  );
}

/** The option sets are written as YAML flow mappings; this makes JSON of them. */
function yamlFlow(text: string): object {
  return JSON.parse(
    text
      .replace(/([{,]\s*)([a-z_0-9]+):/g, '$1"$2":')
      .replace(/: ([A-Za-z_]+)/g, (whole, word: string) =>
        word === 'true' || word === 'false' ? whole : `: "${word}"`,
      ),
  ) as object;
}

function cluster(port: number): unknown {
  return {
    name: 'up',
    connect_timeout: '1s',
    type: 'STATIC',
    load_assignment: {
      cluster_name: 'up',
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } }] },
      ],
    },
  };
}

await main();
