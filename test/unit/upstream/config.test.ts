import t from 'tap';
import { any, config, read, refuse } from './config-support.ts';
import { policyTypes } from './support.ts';

const httpOptions = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const withHttp = (rest: string): string =>
  `name: a\ntyped_extension_protocol_options: {${httpOptions}: ${any(httpOptions, rest)}}`;

t.test("defaults are Envoy's", async (t) => {
  const { config: result, implied } = await read('name: a');
  t.match(result, {
    name: 'a',
    observabilityName: 'a',
    discovery: { kind: 'static' },
    connectTimeoutMs: 5000,
    perConnectionBufferLimitBytes: 1048576,
    endpoints: { overprovisioningFactor: 140, weightedPriorityHealth: false, localities: [] },
    loadBalancer: { typeName: policyTypes.roundRobin },
    commonLb: { panicThreshold: 50 },
    circuitBreakers: [
      { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3, trackRemaining: false },
      { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3, trackRemaining: false },
    ],
    http: {
      protocol: 'http1',
      maxRequestsPerConnection: 0,
      idleTimeoutMs: 3600000,
      maxConnectionDurationMs: 0,
      http1: { maxHeadersBytes: 81920, maxHeadersCount: 100 },
    },
    tcpKeepalive: null,
    bindAddress: null,
    waitForWarmOnInit: true,
  });
  t.same(implied, [policyTypes.roundRobin]);
  t.ok(Object.isFrozen(result));
});

// covers: envoy.config.core.v3.Metadata.filter_metadata
// covers: envoy.config.cluster.v3.Cluster.{per_connection_buffer_limit_bytes, metadata, upstream_bind_config, upstream_connection_options}
// covers: envoy.config.cluster.v3.UpstreamConnectionOptions.{tcp_keepalive, happy_eyeballs_config}
// covers: envoy.config.cluster.v3.UpstreamConnectionOptions.HappyEyeballsConfig.{first_address_family_version, first_address_family_count}
// covers: envoy.config.core.v3.BindConfig.source_address
t.test('fields of the cluster itself', async (t) => {
  t.match(
    await config(`
name: a
alt_stat_name: b
connect_timeout: 0.25s
per_connection_buffer_limit_bytes: 32768
wait_for_warm_on_init: false
ignore_health_on_host_removal: true
metadata: {filter_metadata: {ns: {key: 1}}}
upstream_bind_config: {source_address: {address: 127.0.0.9, port_value: 0}}
upstream_connection_options:
  tcp_keepalive: {keepalive_time: 30, keepalive_probes: 2}
  happy_eyeballs_config: {first_address_family_version: V6, first_address_family_count: 2}
common_lb_config: {healthy_panic_threshold: {value: 12.5}}
`),
    {
      observabilityName: 'b',
      connectTimeoutMs: 250,
      perConnectionBufferLimitBytes: 32768,
      waitForWarmOnInit: false,
      ignoreHealthOnHostRemoval: true,
      metadata: { ns: { key: 1 } },
      bindAddress: { address: '127.0.0.9' },
      tcpKeepalive: { timeSeconds: 30, probes: 2, intervalSeconds: undefined },
      happyEyeballs: { firstFamily: 6, firstFamilyCount: 2 },
      commonLb: { panicThreshold: 12.5 },
    },
  );
});

// covers: envoy.config.cluster.v3.CircuitBreakers.Thresholds.{priority, retry_budget}
// covers: envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget.{budget_percent, min_retry_concurrency}
t.test('circuit breakers: the first thresholds of each priority', async (t) => {
  const result = await config(`
name: a
circuit_breakers:
  thresholds:
  - {priority: HIGH, max_connections: 1, track_remaining: true}
  - {max_pending_requests: 2, max_requests: 3, max_retries: 4}
  - {priority: HIGH, max_connections: 99}
  per_host_thresholds: [{max_connections: 5}]
`);
  t.match(result.circuitBreakers, [
    { maxConnections: 1024, maxPendingRequests: 2, maxRequests: 3, maxRetries: 4, retryBudget: null },
    { maxConnections: 1, maxPendingRequests: 1024, trackRemaining: true },
  ]);
  t.equal(result.maxConnectionsPerHost, 5);
  const budget = await config(
    '{name: a, circuit_breakers: {thresholds: [{retry_budget: {budget_percent: {value: 50}}}]}}',
  );
  t.match(budget.circuitBreakers[0].retryBudget, { budgetPercent: 50, minRetryConcurrency: 3 });
});

// covers: envoy.config.endpoint.v3.ClusterLoadAssignment.policy
// covers: envoy.config.endpoint.v3.ClusterLoadAssignment.Policy.{overprovisioning_factor, weighted_priority_health}
// covers: envoy.config.endpoint.v3.Endpoint.{hostname, additional_addresses}
// covers: envoy.config.endpoint.v3.Endpoint.AdditionalAddress.address
// covers: envoy.config.core.v3.Locality.sub_zone
// covers: envoy.config.endpoint.v3.LbEndpoint.metadata
// covers: envoy.config.endpoint.v3.LocalityLbEndpoints.load_balancing_weight
t.test('endpoints', async (t) => {
  const result = await config(`
name: a
load_assignment:
  cluster_name: a
  policy: {overprovisioning_factor: 200, weighted_priority_health: true}
  endpoints:
  - locality: {region: r, zone: z, sub_zone: s}
    priority: 1
    load_balancing_weight: 7
    lb_endpoints:
    - load_balancing_weight: 3
      health_status: DRAINING
      metadata: {filter_metadata: {envoy.lb: {canary: true}}}
      endpoint:
        hostname: h
        address: {socket_address: {address: "0:0:0:0:0:0:0:1", port_value: 80}}
        additional_addresses: [{address: {socket_address: {address: 127.0.0.1, port_value: 81}}}]
    - {health_status: DEGRADED, endpoint: {address: {pipe: {path: /run/x.sock}}}}
`);
  t.match(result.endpoints, {
    overprovisioningFactor: 200,
    weightedPriorityHealth: true,
    localities: [
      {
        locality: { region: 'r', zone: 'z', subZone: 's' },
        priority: 1,
        weight: 7,
        endpoints: [
          {
            address: { text: '[::1]:80' },
            hostname: 'h',
            weight: 3,
            health: 'unhealthy',
            healthStatus: 3,
            canary: true,
            additionalAddresses: [{ text: '127.0.0.1:81' }],
          },
          { address: { kind: 'pipe', path: '/run/x.sock' }, weight: 1, health: 'degraded', canary: false },
        ],
      },
    ],
  });
});

t.test('an address that cannot be used is named with its place', async (t) => {
  const endpoint = (address: string, rest = ''): string =>
    `{name: a, ${rest} load_assignment: {cluster_name: a, endpoints: [{lb_endpoints: [{endpoint: {address: ${address}}}]}]}}`;
  const at = /^load_assignment\.endpoints\[0\]\.lb_endpoints\[0\]\.endpoint\.address/;
  const named = '{socket_address: {address: example.com, port_value: 80}}';
  await refuse(t, endpoint(named), at, /"example.com" is not an IP address/);
  await refuse(t, endpoint('{pipe: {path: /x}}', 'type: STRICT_DNS,'), at, /takes names, not pipes/);
  const dns = await config(endpoint(named, 'type: STRICT_DNS,'));
  t.match(dns.endpoints.localities[0]?.endpoints[0], { address: null, dnsName: 'example.com', port: 80 });
});

// covers: envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.zone_aware_lb_config
// covers: envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.ZoneAwareLbConfig.fail_traffic_on_panic
// covers: envoy.config.cluster.v3.Cluster.{least_request_lb_config, round_robin_lb_config}
// covers: envoy.config.cluster.v3.Cluster.LeastRequestLbConfig.{choice_count, active_request_bias}
// covers: envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest.{choice_count, active_request_bias, enable_full_scan, selection_method, locality_lb_config}
// covers: envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin.locality_lb_config
// covers: envoy.extensions.load_balancing_policies.random.v3.Random.locality_lb_config
// covers: envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.locality_weighted_lb_config
t.test('load balancing: lb_policy and load_balancing_policy are read as the same', async (t) => {
  const policy = async (yaml: string) => {
    const { typeName, config: parsed } = (await config(yaml)).loadBalancer;
    return { typeName, config: parsed };
  };
  const list = (...policies: string[]): string =>
    `{name: a, load_balancing_policy: {policies: [${policies.map((one) => `{typed_extension_config: {name: x, typed_config: ${one}}}`).join(', ')}]}}`;
  const plain = {
    choiceCount: 2,
    activeRequestBias: 1,
    activeRequestBiasKey: '',
    fullScan: false,
    locality: { kind: 'none' },
  };
  t.strictSame(await policy('{name: a, lb_policy: LEAST_REQUEST}'), {
    typeName: policyTypes.leastRequest,
    config: plain,
  });
  t.strictSame(await policy(list(any(policyTypes.leastRequest))), {
    typeName: policyTypes.leastRequest,
    config: plain,
  });
  t.strictSame(
    await policy(
      '{name: a, lb_policy: LEAST_REQUEST, least_request_lb_config: {choice_count: 5, active_request_bias: {default_value: 0.5, runtime_key: k}}, common_lb_config: {locality_weighted_lb_config: {}}}',
    ),
    {
      typeName: policyTypes.leastRequest,
      config: {
        ...plain,
        choiceCount: 5,
        activeRequestBias: 0.5,
        activeRequestBiasKey: 'k',
        locality: { kind: 'weighted' },
      },
    },
  );
  t.match(
    await policy(
      list(
        any(
          policyTypes.leastRequest,
          'selection_method: FULL_SCAN, locality_lb_config: {locality_weighted_lb_config: {}}',
        ),
      ),
    ),
    {
      config: { fullScan: true, locality: { kind: 'weighted' } },
    },
  );
  t.match(await policy(list(any(policyTypes.leastRequest, 'enable_full_scan: true'))), { config: { fullScan: true } });
  for (const typeName of [policyTypes.roundRobin, policyTypes.random]) {
    t.match(
      await policy(list(any(typeName, 'locality_lb_config: {zone_aware_lb_config: {fail_traffic_on_panic: true}}'))),
      {
        typeName,
        config: { locality: { kind: 'zone_aware', failTrafficOnPanic: true } },
      },
    );
  }
  t.match(await policy('{name: a, lb_policy: RANDOM}'), { typeName: policyTypes.random });
  const ringHash = any('envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash');
  t.match(
    await policy(list(ringHash, any(policyTypes.random))),
    { typeName: policyTypes.random },
    'the first that is known',
  );
  await refuse(t, list(ringHash), /^load_balancing_policy/, /RingHash/);
  await refuse(t, '{name: a, lb_policy: RING_HASH}', 'lb_policy', /RING_HASH is not implemented yet/);
});

// covers: envoy.config.cluster.v3.Cluster.{max_requests_per_connection, common_http_protocol_options, http_protocol_options}
// covers: envoy.extensions.upstreams.http.v3.HttpProtocolOptions.use_downstream_protocol_config
// covers: envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig.http_protocol_options
t.test('HTTP options, old and new', async (t) => {
  const old = await config(`
name: a
max_requests_per_connection: 9
common_http_protocol_options: {idle_timeout: 0s, max_headers_count: 7, max_response_headers_kb: 2}
http_protocol_options: {enable_trailers: true, header_key_format: {proper_case_words: {}}}
`);
  t.match(old.http, {
    maxRequestsPerConnection: 9,
    idleTimeoutMs: 0,
    http1: { maxHeadersCount: 7, maxHeadersBytes: 2048, enableTrailers: true, headerKeyFormat: 'proper' },
  });
  const common =
    'common_http_protocol_options: {max_requests_per_connection: 3, max_connection_duration: 60s, max_stream_duration: 9s, idle_timeout: 90s, headers_with_underscores_action: DROP_HEADER}';
  for (const choice of [
    'explicit_http_config: {http_protocol_options: {allow_chunked_length: true, send_fully_qualified_url: true}}',
    'use_downstream_protocol_config: {http_protocol_options: {allow_chunked_length: true, send_fully_qualified_url: true}, http2_protocol_options: {}}',
  ]) {
    t.match((await config(withHttp(`${common}, ${choice}`))).http, {
      maxRequestsPerConnection: 3,
      maxConnectionDurationMs: 60000,
      maxStreamDurationMs: 9000,
      idleTimeoutMs: 90000,
      http1: { headersWithUnderscores: 'allow', allowChunkedLength: true, sendFullyQualifiedUrl: true },
      http2: { headersWithUnderscores: 'allow' },
    });
  }
});

// covers: envoy.config.cluster.v3.Cluster.{http2_protocol_options, protocol_selection, preconnect_policy}
// covers: envoy.config.cluster.v3.Cluster.PreconnectPolicy.{per_upstream_preconnect_ratio, predictive_preconnect_ratio}
// covers: envoy.extensions.upstreams.http.v3.HttpProtocolOptions.auto_config
// covers: envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig.http2_protocol_options
// covers: envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig.http2_protocol_options
// covers: envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig.{http_protocol_options, http2_protocol_options}
t.test('which protocol hosts are spoken to', async (t) => {
  const two = '{max_concurrent_streams: 7}';
  for (const [yaml, protocol, streams] of [
    [withHttp(`explicit_http_config: {http2_protocol_options: ${two}}`), 'http2', 7],
    [withHttp('use_downstream_protocol_config: {}'), 'downstream', 1024],
    [withHttp(`use_downstream_protocol_config: {http2_protocol_options: ${two}}`), 'downstream', 7],
    [`name: a\nhttp2_protocol_options: ${two}`, 'http2', 7],
    ['name: a\nprotocol_selection: USE_DOWNSTREAM_PROTOCOL', 'downstream', 1024],
    [`name: a\nhttp2_protocol_options: ${two}\n${withHttp('use_downstream_protocol_config: {}')}`, 'downstream', 1024],
  ] as const) {
    t.match((await config(yaml)).http, { protocol, http2: { maxConcurrentStreams: streams } }, yaml);
  }
  t.match(
    await config('name: a\npreconnect_policy: {per_upstream_preconnect_ratio: 1.5, predictive_preconnect_ratio: 2}'),
    { preconnectRatio: 1.5, predictivePreconnectRatio: 2 },
  );
  const at = `typed_extension_protocol_options["${httpOptions}"]`;
  await refuse(t, withHttp('auto_config: {}'), `${at}.auto_config`, /by ALPN, which its transport socket has not/);
  await refuse(
    t,
    '{name: a, http_protocol_options: {}, http2_protocol_options: {}}',
    'http2_protocol_options',
    /exclude each other/,
  );
  await refuse(
    t,
    withHttp('explicit_http_config: {http3_protocol_options: {}}'),
    `${at}.explicit_http_config.http3_protocol_options`,
    /HTTP\/3 to upstreams/,
  );
});

// covers: envoy.config.cluster.v3.Cluster.{eds_cluster_config}
// covers: envoy.config.cluster.v3.Cluster.EdsClusterConfig.{eds_config, service_name}
t.test('EDS', async (t) => {
  const eds = await config('{name: a, type: EDS, eds_cluster_config: {eds_config: {path_config_source: {path: /x}}}}');
  t.match(eds.discovery, { kind: 'eds', serviceName: 'a', initialFetchTimeoutMs: 15000 });
  const named = await config(
    '{name: a, type: EDS, eds_cluster_config: {service_name: svc, eds_config: {path_config_source: {path: /x}, initial_fetch_timeout: 2s}}}',
  );
  t.match(named.discovery, { kind: 'eds', serviceName: 'svc', initialFetchTimeoutMs: 2000 });
});

const dnsCluster = 'envoy.extensions.clusters.dns.v3.DnsCluster';
const cares = 'envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig';
const oneName =
  'load_assignment: {cluster_name: a, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: x, port_value: 1}}}}]}]}';

// covers: envoy.config.cluster.v3.Cluster.{dns_refresh_rate, dns_failure_refresh_rate, dns_jitter, respect_dns_ttl, typed_dns_resolver_config, dns_resolvers}
// covers: envoy.config.cluster.v3.Cluster.RefreshRate.{base_interval, max_interval}
// covers: envoy.extensions.clusters.dns.v3.DnsCluster.{dns_refresh_rate, dns_failure_refresh_rate, dns_jitter, dns_min_refresh_rate, respect_dns_ttl, typed_dns_resolver_config, all_addresses_in_single_endpoint}
// covers: envoy.extensions.clusters.dns.v3.DnsCluster.RefreshRate.{base_interval, max_interval}
t.test('DNS clusters, by type and by cluster_type', async (t) => {
  const discovery = async (yaml: string) => (await config(yaml)).discovery;
  t.match(await discovery(`{name: a, type: STRICT_DNS, ${oneName}}`), {
    kind: 'extension',
    typeName: dnsCluster,
    label: 'strict_dns',
    config: {
      logical: false,
      family: 'auto',
      refreshMs: 5000,
      jitterMs: 0,
      respectTtl: false,
      failureRefresh: null,
      resolver: null,
    },
  });
  const settings =
    'respect_dns_ttl: true, dns_refresh_rate: 2s, dns_jitter: 1s, dns_failure_refresh_rate: {base_interval: 1s}';
  const expected = {
    logical: true,
    family: 'v4_preferred',
    refreshMs: 2000,
    jitterMs: 1000,
    respectTtl: true,
    failureRefresh: { baseMs: 1000, maxMs: 10000 },
  };
  t.match(await discovery(`{name: a, type: LOGICAL_DNS, ${settings}, dns_lookup_family: V4_PREFERRED, ${oneName}}`), {
    label: 'logical_dns',
    config: expected,
  });
  const custom = `${settings}, dns_min_refresh_rate: 3s, dns_lookup_family: V4_PREFERRED, all_addresses_in_single_endpoint: true`;
  t.match(await discovery(`{name: a, cluster_type: {name: x, typed_config: ${any(dnsCluster, custom)}}, ${oneName}}`), {
    typeName: dnsCluster,
    config: { ...expected, minRefreshMs: 3000 },
  });
  t.same((await read(`{name: a, type: STRICT_DNS, ${oneName}}`)).implied, [policyTypes.roundRobin, dnsCluster]);
  await refuse(t, '{name: a, type: LOGICAL_DNS}', 'load_assignment.endpoints', /exactly one endpoint/);
});

// covers: envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig.dns_resolver_options
// covers: envoy.config.core.v3.DnsResolverOptions.no_default_search_domain
// covers: envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig.{resolvers, use_resolvers_as_fallback, query_timeout_seconds, query_tries}
t.test('DNS resolvers', async (t) => {
  const resolver = async (yaml: string) => {
    const { discovery } = await config(`{name: a, type: STRICT_DNS, ${yaml}, ${oneName}}`);
    const parsed = discovery.kind === 'extension' ? discovery.config : null;
    return typeof parsed === 'object' && parsed !== null && 'resolver' in parsed ? parsed.resolver : undefined;
  };
  const servers = '[{socket_address: {address: 10.0.0.53, port_value: 5353}}]';
  t.match(
    await resolver(
      `typed_dns_resolver_config: {name: x, typed_config: ${any(cares, `resolvers: ${servers}, use_resolvers_as_fallback: true, query_timeout_seconds: 2, query_tries: 1, dns_resolver_options: {no_default_search_domain: true}`)}}`,
    ),
    {
      kind: 'cares',
      servers: [{ text: '10.0.0.53:5353' }],
      serversAreFallback: true,
      noSearchDomains: true,
      queryTimeoutMs: 2000,
      queryTries: 1,
    },
  );
  t.match(await resolver(`dns_resolvers: ${servers}`), { kind: 'cares', servers: [{ text: '10.0.0.53:5353' }] });
  const getaddrinfo = any('envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig');
  t.strictSame(await resolver(`typed_dns_resolver_config: {name: x, typed_config: ${getaddrinfo}}`), {
    kind: 'getaddrinfo',
  });
});

// covers: envoy.config.cluster.v3.Cluster.transport_socket
t.test('what would be sent in the clear is refused', async (t) => {
  const tls = any('envoy.extensions.transport_sockets.alts.v3.Alts', 'handshaker_service: "127.0.0.1:1"');
  await refuse(
    t,
    `{name: a, transport_socket: {name: tls, typed_config: ${tls}}}`,
    'transport_socket.typed_config',
    /Alts is not implemented yet/,
  );
  const raw = any('envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer');
  t.ok(await config(`{name: a, transport_socket: {name: raw, typed_config: ${raw}}}`));
});
