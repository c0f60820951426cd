// The proxy configured by go-control-plane, which nobody here wrote: state of the world and delta, aggregated, over TCP, mutual
// TLS and a Unix socket. Needs Go, whose module proxy it comes from; a machine without Go skips it by name.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@bufbuild/protobuf';
import t, { type Test } from 'tap';
import { freePort } from '../../bench/machine/ports.ts';
import { upstream } from '../integration/http2/upstreams.ts';
import { address, type Json } from '../support/bootstrap.ts';
import { types } from '../support/control-plane/services.ts';
import { remora } from '../support/remora.ts';
import { until } from '../support/until.ts';
import { buildControlPlane, GoControlPlane } from './go-control-plane.ts';
import { withoutGo } from './go-tool.ts';
import { pemFiles, serverName, upstreamHttp2 } from './tls-setup.ts';

const ads = { ads: {}, resourceApiVersion: 'V3' };
const manager = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const router = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';

function bootstrapOf(delta: boolean, address: Json, transportSocket?: Json): Json {
  const services = [{ envoyGrpc: { clusterName: 'xds' } }];
  return {
    node: { id: 'one', cluster: 'all' },
    dynamicResources: {
      adsConfig: { apiType: delta ? 'DELTA_GRPC' : 'GRPC', transportApiVersion: 'V3', grpcServices: services },
      cdsConfig: ads,
      ldsConfig: ads,
    },
    staticResources: {
      clusters: [
        {
          name: 'xds',
          connectTimeout: '1s',
          ...upstreamHttp2(),
          ...(transportSocket === undefined ? {} : { transportSocket }),
          loadAssignment: { clusterName: 'xds', endpoints: [{ lbEndpoints: [{ endpoint: { address } }] }] },
        },
      ],
    },
  };
}

/** A listener, its routes, a cluster and its endpoints. */
function resources(port: number, endpoint: Json, prefix = '/'): Record<string, JsonObject[]> {
  const http = {
    '@type': manager,
    statPrefix: 'dynamic',
    rds: { routeConfigName: 'routes', configSource: ads },
    httpFilters: [{ name: 'router', typedConfig: { '@type': router } }],
  };
  const routes = [{ match: { prefix }, route: { cluster: 'app' } }];
  return {
    [types.listener]: [
      {
        '@type': types.listener,
        name: 'dynamic',
        address: { socketAddress: { address: '127.0.0.1', portValue: port } },
        filterChains: [{ filters: [{ name: 'http', typedConfig: http }] }],
      },
    ],
    [types.routes]: [
      { '@type': types.routes, name: 'routes', virtualHosts: [{ name: 'all', domains: ['*'], routes }] },
    ],
    [types.cluster]: [
      {
        '@type': types.cluster,
        name: 'app',
        type: 'EDS',
        connectTimeout: '1s',
        edsClusterConfig: { edsConfig: ads },
      },
    ],
    [types.endpoints]: [
      {
        '@type': types.endpoints,
        clusterName: 'app',
        endpoints: [{ lbEndpoints: [{ endpoint: { address: endpoint } }] }],
      },
    ],
  } as unknown as Record<string, JsonObject[]>;
}

async function answer(port: number, path = '/'): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  const text = await response.text();
  return response.status === 200 ? text : String(response.status);
}

async function serves(t: Test, plane: GoControlPlane, bootstrap: Json): Promise<void> {
  const port = await freePort();
  const one = await upstream(t, (_request, response) => response.end('one'));
  const two = await upstream(t, (_request, response) => response.end('two'));
  await plane.set('1', resources(port, one.address));
  const proxy = await remora(t, () => bootstrap).to();
  await until(() => proxy.server.listeners.entries().has('dynamic'), 'the listener');
  t.equal(await answer(port), 'one');
  // Another endpoint, then other routes.
  await plane.set('2', resources(port, two.address));
  let text = '';
  for (let i = 0; i < 200 && text !== 'two'; i++) text = await answer(port);
  t.equal(text, 'two');
  await plane.set('3', resources(port, two.address, '/only'));
  for (let i = 0; i < 200 && text !== '404'; i++) text = await answer(port);
  t.equal(text, '404');
  t.equal(await answer(port, '/only'), 'two');
  const acknowledged = (type: string): boolean =>
    plane
      .requests(type)
      .some((request) => request['responseNonce'] !== undefined && request['errorDetail'] === undefined);
  for (const type of [types.listener, types.cluster, types.routes, types.endpoints]) t.ok(acknowledged(type), type);
  t.notOk(
    plane.said.some(({ request }) => request?.['errorDetail'] !== undefined),
    'nothing was refused',
  );
}

t.test('go-control-plane', { skip: withoutGo, timeout: 600_000 }, async (t) => {
  const program = buildControlPlane();

  for (const delta of [false, true])
    t.test(delta ? 'delta' : 'state of the world', async (t) => {
      const plane = await GoControlPlane.start(t, program);
      await serves(t, plane, bootstrapOf(delta, address(plane.port)));
    });

  t.test('over mutual TLS', async (t) => {
    const pem = await pemFiles(t);
    const plane = await GoControlPlane.start(t, program, ['-cert', pem.cert, '-key', pem.key, '-ca', pem.ca]);
    const tls = {
      name: 'tls',
      typedConfig: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        sni: serverName,
        commonTlsContext: {
          tlsCertificates: [{ certificateChain: { filename: pem.cert }, privateKey: { filename: pem.key } }],
          validationContext: { trustedCa: { filename: pem.ca } },
        },
      },
    };
    await serves(t, plane, bootstrapOf(true, address(plane.port), tls));
  });

  t.test('over a Unix socket', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'remora-xds-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'xds.sock');
    const plane = await GoControlPlane.start(t, program, ['-listen', `unix:${path}`]);
    await serves(t, plane, bootstrapOf(false, { pipe: { path } }));
  });
});
