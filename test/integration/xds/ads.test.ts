// A proxy whose clusters, endpoints, listeners and routes all come over one stream, state of the world and delta.
// covers: envoy.config.bootstrap.v3.Bootstrap.DynamicResources.{ads_config}
// covers: envoy.config.core.v3.ConfigSource.{ads, initial_fetch_timeout}
// covers: envoy.config.core.v3.ApiConfigSource.{api_type, grpc_services, set_node_on_first_message_only}
import t, { type Test } from 'tap';
import {
  address,
  bootstrap,
  forwardTo,
  httpChain,
  type Json,
  listener,
  loadAssignment,
  routeConfig,
} from '../../support/bootstrap.ts';
import { ControlPlane } from '../../support/control-plane/control-plane.ts';
import { types } from '../../support/control-plane/services.ts';
import { type RunningProxy, remora } from '../../support/remora.ts';
import { until } from '../../support/until.ts';
import { upstream } from '../../support/upstream.ts';
import { serviceCluster } from '../grpc/support.ts';

const ads = { ads: {}, resourceApiVersion: 'V3', initialFetchTimeout: '5s' };

function edsCluster(name: string, more: Json = {}): Json {
  return { name, type: 'EDS', connectTimeout: '5s', edsClusterConfig: { edsConfig: ads }, ...more };
}

const ingress = listener('ingress', address(0), [httpChain({ rds: { routeConfigName: 'routes', configSource: ads } })]);

function routesTo(cluster: string): Json {
  return routeConfig('routes', [forwardTo(cluster)]);
}

function bootstrapOf(apiType: string, port: number): Json {
  return bootstrap([], [serviceCluster([port])], {
    dynamicResources: {
      adsConfig: {
        apiType,
        transportApiVersion: 'V3',
        setNodeOnFirstMessageOnly: true,
        grpcServices: [
          {
            envoyGrpc: {
              clusterName: 'service',
              retryPolicy: { retryBackOff: { baseInterval: '0.02s', maxInterval: '0.02s' } },
            },
          },
        ],
      },
      cdsConfig: ads,
      ldsConfig: ads,
    },
  });
}

/** In place of all there are of the type. */
function put(plane: ControlPlane, type: string, resources: readonly Json[]): void {
  plane.set(type, JSON.parse(JSON.stringify(resources.map((resource) => ({ '@type': type, ...resource })))));
}

async function answerOf(proxy: RunningProxy): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${proxy.portOf('ingress')}/`);
  return `${response.status} ${await response.text()}`;
}

for (const [mode, apiType] of [
  ['state of the world', 'GRPC'],
  ['delta', 'DELTA_GRPC'],
] as const) {
  t.test(`all of it over ${mode}`, async (t: Test) => {
    const one = await upstream.http1(t).respond(200, 'one');
    const two = await upstream.http1(t).respond(200, 'two');
    const plane = await ControlPlane.start(t);
    put(plane, types.cluster, [edsCluster('a'), edsCluster('b')]);
    put(plane, types.endpoints, [loadAssignment('a', [one.address]), loadAssignment('b', [two.address])]);
    put(plane, types.listener, [ingress]);
    put(plane, types.routes, [routesTo('a')]);
    const proxy = await remora(t, () => bootstrapOf(apiType, plane.port)).to();
    t.equal(await answerOf(proxy), '200 one');
    t.equal(proxy.stat('control_plane.connected_state'), 1);
    t.equal(proxy.stat('cluster_manager.cds.update_success'), 1);
    t.equal(proxy.stat('listener_manager.lds.update_success'), 1);

    put(plane, types.routes, [routesTo('b')]);
    await until(() => proxy.stat('http.test.rds.routes.update_success') === 2, 'other routes');
    t.equal(await answerOf(proxy), '200 two');

    put(plane, types.endpoints, [loadAssignment('a', [one.address]), loadAssignment('b', [one.address])]);
    await until(() => proxy.stat('cluster.b.update_success') === 2, 'other endpoints');
    t.equal(await answerOf(proxy), '200 one');

    put(plane, types.cluster, [edsCluster('a'), edsCluster('b', { connectTimeout: '-1s' })]);
    await until(() => proxy.stat('cluster_manager.cds.update_rejected') === 1, 'the refusal');
    const said = (): string => JSON.stringify(plane.open[0]?.last(types.cluster));
    await until(() => said().includes('errorDetail'), 'the answer');
    t.match(said(), /Cluster\[\\"b\\"\].connect_timeout/, 'resource, field and reason are named');
    t.equal(await answerOf(proxy), '200 one', 'what was in force serves on');

    put(plane, types.cluster, [edsCluster('b')]);
    await until(() => !proxy.server.clusters.has('a'), 'the end of a');
    t.equal(await answerOf(proxy), '200 one');

    plane.stop();
    await until(() => proxy.stat('control_plane.connected_state') === 0, 'the end of the stream');
    t.equal(await answerOf(proxy), '200 one', 'and on');
    put(plane, types.listener, []);
    await plane.restart();
    await until(() => proxy.server.listeners.entries().size === 0, 'what changed meanwhile');
  });
}

t.test('aggregated discovery over REST is refused', async (t) => {
  await t.rejects(remora(t, () => bootstrapOf('REST', 1)).to(), { message: /refused/ });
});
