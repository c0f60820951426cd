// The shapes were read off the real Envoy 1.40's /clusters and /config_dump?include_eds with the same endpoints.
import t from 'tap';
import { createClientCodec } from '../../../src/http/codec/h1/api.ts';
import { createHttp2ClientCodec } from '../../../src/http/codec/h2/api.ts';
import { clustersDump, clustersJson, clustersText, endpointsDump } from '../../../src/upstream/admin-view.ts';
import { UpstreamClusterManager } from '../../../src/upstream/cluster-manager.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { FakeTimers } from '../../support/fake-timers.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { FakeConnection } from './fake-connection.ts';
import { clusterConfig, endpoint, endpoints, noHosts, StatsStore } from './support.ts';

function manager(): UpstreamClusterManager {
  const timers = new FakeTimers();
  return new UpstreamClusterManager({
    clock: timers.clock,
    timers,
    random: new SeededRandom(1),
    runtime: new FakeRuntime(),
    stats: new StatsStore(),
    connect: ({ address }) => new FakeConnection(address),
    createHttp1Codec: createClientCodec,
    createHttp2Codec: createHttp2ClientCodec,
    dnsResolver: () => {
      throw new Error('no names here');
    },
  });
}

const eds = {
  name: 'e',
  observabilityName: 'e',
  endpoints: noHosts,
  discovery: { kind: 'eds', serviceName: 'svc', source: null, initialFetchTimeoutMs: 0 },
} as const;

t.test('/clusters as text', async (t) => {
  const clusters = manager();
  const hosts = endpoints(
    { endpoints: [2, 3, 4, 5].map((healthStatus) => ({ port: healthStatus, healthStatus })) },
    { zone: 'z', priority: 1, endpoints: [{ port: 6, weight: 9 }] },
  );
  clusters.addOrUpdate(clusterConfig({ name: 'a', observabilityName: 'b', endpoints: hosts }), '', false);
  const host = clusters.entries().get('a')?.active?.cluster.hostSets.all().next().value;
  if (host) Object.assign(host.stats, { cxActive: 1, cxTotal: 2, rqTotal: 3, rqSuccess: 2, rqError: 1 });
  const text = clustersText(clusters);
  const lines = text.split('\n');
  t.strictSame(lines.slice(0, 10), [
    'a::observability_name::b',
    'a::default_priority::max_connections::1024',
    'a::default_priority::max_pending_requests::1024',
    'a::default_priority::max_requests::1024',
    'a::default_priority::max_retries::3',
    'a::high_priority::max_connections::1024',
    'a::high_priority::max_pending_requests::1024',
    'a::high_priority::max_requests::1024',
    'a::high_priority::max_retries::3',
    'a::added_via_api::false',
  ]);
  const first = lines.filter((line) => line.startsWith('a::127.0.0.1:2::'));
  t.strictSame(
    first.map((line) => line.slice('a::127.0.0.1:2::'.length)),
    [
      'cx_active::1',
      'cx_connect_fail::0',
      'cx_total::2',
      'rq_active::0',
      'rq_error::1',
      'rq_pending_active::0',
      'rq_success::2',
      'rq_timeout::0',
      'rq_total::3',
      'hostname::',
      'health_flags::/failed_eds_health',
      'weight::1',
      'region::',
      'zone::',
      'sub_zone::',
      'canary::false',
      'priority::0',
      'success_rate::-1',
      'local_origin_success_rate::-1',
    ],
  );
  for (const line of [
    'a::127.0.0.1:3::health_flags::/eds_status_draining',
    'a::127.0.0.1:4::health_flags::/failed_eds_health',
    'a::127.0.0.1:5::health_flags::/degraded_eds_health',
    'a::127.0.0.1:6::health_flags::healthy',
    'a::127.0.0.1:6::zone::z',
    'a::127.0.0.1:6::priority::1',
    'a::127.0.0.1:6::weight::9',
  ]) {
    t.ok(lines.includes(line), line);
  }
  t.ok(text.endsWith('\n'));
});

t.test('/clusters as JSON', async (t) => {
  const clusters = manager();
  clusters.addOrUpdate(clusterConfig(eds), '7', true);
  t.strictSame(clustersJson(clusters), {}, 'not while it warms');
  clusters.setEndpoints('svc', endpoints({ zone: 'z', endpoints: [{ port: 1, weight: 3, healthStatus: 4 }] }), '3');
  const gauge = (name: string) => ({ type: 'GAUGE', name });
  const counter = (name: string) => ({ name });
  const limits = { max_connections: 1024, max_pending_requests: 1024, max_requests: 1024, max_retries: 3 };
  t.strictSame(clustersJson(clusters), {
    cluster_statuses: [
      {
        name: 'e',
        added_via_api: true,
        host_statuses: [
          {
            address: { socket_address: { address: '127.0.0.1', port_value: 1 } },
            stats: [
              ...['cx_connect_fail', 'cx_total', 'rq_error', 'rq_success', 'rq_timeout', 'rq_total'].map(counter),
              ...['cx_active', 'rq_active', 'rq_pending_active'].map(gauge),
            ],
            health_status: { eds_health_status: 'UNHEALTHY' },
            weight: 3,
            locality: { zone: 'z' },
          },
        ],
        circuit_breakers: { thresholds: [limits, { priority: 'HIGH', ...limits }] },
        observability_name: 'e',
        eds_service_name: 'svc',
      },
    ],
  });
});

t.test('the dumps', async (t) => {
  const clusters = manager();
  clusters.addOrUpdate(clusterConfig({ source: 'message one' }), '', false);
  clusters.addOrUpdate(clusterConfig({ ...eds, source: 'message e' }), '7', true);
  const dumped = { versionInfo: '7', message: 'message e' };
  t.match(clustersDump(clusters), {
    staticClusters: [{ versionInfo: '', message: 'message one' }],
    dynamicActiveClusters: [],
    dynamicWarmingClusters: [dumped],
  });
  const assigned = {
    ...endpoints({ weight: 4, priority: 1, endpoints: [{ port: 5 }] }),
  };
  const pipe = { ...endpoint({ port: 9 }), metadata: { 'envoy.lb': { canary: true } }, hostname: 'h' };
  clusters.setEndpoints(
    'svc',
    {
      ...assigned,
      localities: [
        ...assigned.localities,
        { locality: { region: '', zone: 'z', subZone: 's' }, priority: 0, weight: 0, endpoints: [pipe] },
      ],
    },
    '3',
  );
  t.match(clustersDump(clusters), { dynamicActiveClusters: [dumped], dynamicWarmingClusters: [] });
  t.strictSame(endpointsDump(clusters)['dynamic_endpoint_configs'], [
    {
      endpoint_config: {
        '@type': 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
        cluster_name: 'svc',
        endpoints: [
          {
            locality: { zone: 'z', sub_zone: 's' },
            lb_endpoints: [
              {
                endpoint: {
                  address: { socket_address: { address: '127.0.0.1', port_value: 9 } },
                  health_check_config: {},
                  hostname: 'h',
                },
                health_status: 'HEALTHY',
                metadata: { filter_metadata: { 'envoy.lb': { canary: true } } },
                load_balancing_weight: 1,
              },
            ],
            load_balancing_weight: 0,
          },
          {
            locality: {},
            lb_endpoints: [
              {
                endpoint: {
                  address: { socket_address: { address: '127.0.0.1', port_value: 5 } },
                  health_check_config: {},
                },
                health_status: 'HEALTHY',
                load_balancing_weight: 1,
              },
            ],
            load_balancing_weight: 4,
            priority: 1,
          },
        ],
        policy: { overprovisioning_factor: 140 },
      },
    },
  ]);
});
