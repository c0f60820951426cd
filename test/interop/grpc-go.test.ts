// grpc-go's interoperability client and server, which nobody here wrote, through the proxy: HTTP/2 on both sides, in the clear
// and over TLS on either. Needs Go, whose module proxy they come from; a machine without Go skips it by name.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { freePort } from '../../bench/machine/ports.ts';
import { address } from '../support/bootstrap.ts';
import { remora } from '../support/remora.ts';
import { goTool, withoutGo } from './go-tool.ts';
import { downstreamTls, type Pem, pemFiles, pemTexts, serverName, upstreamHttp2, upstreamTls } from './tls-setup.ts';

const version = 'v1.76.0';

/** All that need no account of Google's, and no server that gives its name as grpc-go's does not (pick_first_unary). */
const cases = [
  'empty_unary',
  'large_unary',
  'client_streaming',
  'server_streaming',
  'ping_pong',
  'empty_stream',
  'timeout_on_sleeping_server',
  'cancel_after_begin',
  'cancel_after_first_response',
  'status_code_and_message',
  'special_status_message',
  'custom_metadata',
  'unimplemented_method',
  'unimplemented_service',
  'orca_per_rpc',
  'orca_oob',
  'rpc_soak',
  'channel_soak',
] as const;

/** The tests of load reports look at them through a balancer of their own. */
const reportsLoad = JSON.stringify({ loadBalancingConfig: [{ test_backend_metrics_load_balancer: {} }] });

async function startServer(t: Test, program: string, pem: Pem | null): Promise<number> {
  const port = await freePort();
  const tls = pem === null ? [] : ['-use_tls', '-tls_cert_file', pem.cert, '-tls_key_file', pem.key];
  const server = spawn(program, ['-port', String(port), ...tls], { stdio: 'ignore' });
  t.teardown(() => server.kill('SIGKILL'));
  while (!(await listens(port))) await wait(20);
  return port;
}

function listens(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(port, '127.0.0.1');
  probe.on('connect', () => resolve(true)).on('error', () => resolve(false));
  return promise.finally(() => probe.destroy());
}

interface Ran {
  readonly code: number | null;
  readonly words: string;
}

async function runClient(program: string, options: readonly string[]): Promise<Ran> {
  const client = spawn(program, options, { timeout: 60_000 });
  let words = '';
  client.stdout.on('data', (text: Buffer) => (words += text.toString()));
  client.stderr.on('data', (text: Buffer) => (words += text.toString()));
  const [code] = (await once(client, 'close')) as [number | null];
  return { code, words };
}

t.test('grpc-go', { skip: withoutGo, timeout: 600_000 }, async (t) => {
  const programs = {
    client: await goTool('grpc-interop', `google.golang.org/grpc/interop/client@${version}`),
    server: await goTool('grpc-interop', `google.golang.org/grpc/interop/server@${version}`),
  };
  const texts = await pemTexts();
  for (const [down, up] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    const name = `TLS of the client: ${down ? 'yes' : 'no'}, to the server: ${up ? 'yes' : 'no'}`;
    t.test(name, { timeout: 300_000 }, async (t) => {
      const pem = await pemFiles(t);
      const port = await startServer(t, programs.server, up ? pem : null);
      const proxy = await remora(t, {
        connectionManager: { codecType: down ? 'AUTO' : 'HTTP2', http2ProtocolOptions: {} },
        // As for every gRPC service: streams have no end of their own.
        route: { timeout: '0s' },
        cluster: { ...upstreamHttp2(), ...(up ? upstreamTls(texts) : {}) },
        ...(down ? { chain: downstreamTls(texts) } : {}),
      }).to({ address: address(port) });
      const tls = down ? ['-use_tls', '-use_test_ca', '-ca_file', pem.ca, '-server_host_override', serverName] : [];
      for (const testCase of cases) {
        const options = [
          '-server_host',
          '127.0.0.1',
          '-server_port',
          String(proxy.port),
          '-test_case',
          testCase,
          ...tls,
        ];
        if (testCase.startsWith('orca')) options.push('-service_config_json', reportsLoad);
        const { code, words } = await runClient(programs.client, options);
        t.equal(code, 0, testCase, { words });
      }
      t.equal(proxy.stat('cluster.app.upstream_cx_http1_total'), 0);
      t.ok(proxy.stat('cluster.app.upstream_cx_http2_total') > 0);
      t.equal(proxy.stat('http.test.downstream_rq_active'), 0);
      t.equal(proxy.stat('cluster.app.upstream_rq_active'), 0);
    });
  }
});
