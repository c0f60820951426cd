// Loading: sources are laid over each other, resources come out of files and off the wire, nothing faulty comes through.
import { create, toBinary } from '@bufbuild/protobuf';
import t from 'tap';
import {
  ConfigContext,
  type ConfigSource,
  decodeMessage,
  formatOfFile,
  loadBootstrap,
  loadDiscoveryResponse,
  loadMessage,
  messageDescriptor,
  registry,
  releaseDescriptors,
} from '../../../src/config/api.ts';
import type { Cluster } from '../../../src/generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type { Router } from '../../../src/generated/envoy/extensions/filters/http/router/v3/router_pb.d.ts';

const clusterType = 'envoy.config.cluster.v3.Cluster';
const routerType = 'envoy.extensions.filters.http.router.v3.Router';
const yaml = (text: string, name = 'input.yaml'): ConfigSource => ({ name, format: 'yaml', text });
const json = (value: unknown, name = 'input.json'): ConfigSource => ({
  name,
  format: 'json',
  text: JSON.stringify(value),
});

t.test('the format goes by the ending of the file', async (t) => {
  t.equal(formatOfFile('a.yaml'), 'yaml');
  t.equal(formatOfFile('a.yml'), 'yaml');
  t.equal(formatOfFile('a'), 'yaml');
  t.equal(formatOfFile('a.json'), 'json');
  t.equal(formatOfFile('a.pb'), 'binary_proto');
  t.equal(formatOfFile('a.pb_text'), 'text_proto');
});

t.test('no source at all is an empty bootstrap', async (t) => {
  const { message, diagnostics } = await loadBootstrap([]);
  t.equal(message?.$typeName, 'envoy.config.bootstrap.v3.Bootstrap');
  t.strictSame(diagnostics, []);
});

t.test('--config-yaml is merged over the file: scalars replace, messages merge, lists append, maps join', async (t) => {
  const file = yaml(`
node: {id: file, cluster: file, metadata: {a: 1, b: 1}}
header_prefix: x-file
stats_flush_interval: 1s
static_resources: {clusters: [{name: a, type: STATIC}]}
`);
  const overlay = yaml(
    `
node: {id: overlay, metadata: {b: 2}}
stats_flush_interval: 2.5s
static_resources: {clusters: [{name: b, type: STATIC}]}
`,
    '--config-yaml',
  );
  const { message, diagnostics } = await loadBootstrap([file, overlay], { skipCoverage: true });
  t.strictSame(diagnostics, []);
  t.equal(message?.node?.id, 'overlay');
  t.equal(message?.node?.cluster, 'file');
  t.strictSame(message?.node?.metadata, { a: 1, b: 2 });
  t.equal(message?.headerPrefix, 'x-file');
  t.match(message?.statsFlush, { case: undefined });
  t.match(message?.statsFlushInterval, { seconds: 2n, nanos: 500_000_000 });
  t.strictSame(
    message?.staticResources?.clusters.map((cluster) => cluster.name),
    ['a', 'b'],
  );
});

t.test('an error in the overlay names the overlay', async (t) => {
  const { message, diagnostics } = await loadBootstrap([
    yaml('node: {id: a}'),
    yaml('node: {idd: b}', '--config-yaml'),
  ]);
  t.equal(message, undefined);
  t.match(
    diagnostics.find((diagnostic) => diagnostic.severity === 'error'),
    {
      code: 'RMR0101',
      position: { file: '--config-yaml', line: 1, column: 8 },
      path: 'node.idd',
      suggestion: 'did you mean id?',
    },
  );
});

t.test('every error is reported at once, in the order of the text', async (t) => {
  const { diagnostics } = await loadMessage<Cluster>(
    clusterType,
    yaml('name: 5\nconnect_timeout: 1\ntype: STATC\nfoo: bar\nper_connection_buffer_limit_bytes: -1\n'),
  );
  t.strictSame(
    diagnostics.map(({ code, position }) => `${position?.line} ${code}`),
    ['1 RMR0103', '2 RMR0103', '3 RMR0106', '4 RMR0101', '5 RMR0107'],
  );
});

t.test('YAML and JSON give the same message, as protobuf text and bytes do', async (t) => {
  const value = {
    name: 'a',
    type: 'STRICT_DNS',
    connect_timeout: '0.25s',
    per_connection_buffer_limit_bytes: 32768,
    load_assignment: {
      cluster_name: 'a',
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: 'x.test', port_value: 80 } } } }] },
      ],
    },
  };
  const options = { skipCoverage: true };
  const fromYaml = await loadMessage<Cluster>(clusterType, yaml(JSON.stringify(value, null, 1)), options);
  const fromJson = await loadMessage<Cluster>(clusterType, json(value), options);
  t.strictSame(fromYaml.diagnostics, []);
  t.strictSame(fromJson.message, fromYaml.message);
  t.equal(fromJson.message?.perConnectionBufferLimitBytes, 32768, 'a wrapper is the bare value');
  const text =
    'name: "a" type: STRICT_DNS connect_timeout { nanos: 250000000 } per_connection_buffer_limit_bytes { value: 32768 } ' +
    'load_assignment { cluster_name: "a" endpoints { lb_endpoints { endpoint { address { socket_address { address: "x.test" port_value: 80 } } } } } }';
  const fromText = await loadMessage<Cluster>(clusterType, { name: 'a.pb_text', format: 'text_proto', text }, options);
  t.strictSame(fromText.message, fromYaml.message);
  if (fromYaml.message === undefined) return;
  const bytes = toBinary(messageDescriptor(clusterType), fromYaml.message);
  const fromBytes = await loadMessage<Cluster>(
    clusterType,
    { name: 'a.pb', format: 'binary_proto', text: '', bytes },
    options,
  );
  t.strictSame(fromBytes.message, fromYaml.message);
  const broken = await loadMessage<Cluster>(clusterType, {
    name: 'a.pb',
    format: 'binary_proto',
    text: '',
    bytes: bytes.subarray(0, 7),
  });
  t.equal(broken.diagnostics[0]?.code, 'RMR0102');
});

t.test('a typed_config comes out typed, and can be made bytes again', async (t) => {
  const source = yaml(`
name: x
typed_config:
  "@type": type.googleapis.com/${routerType}
  suppress_envoy_headers: true
`);
  const { message } = await loadMessage<
    import('../../../src/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts').HttpFilter
  >('envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter', source, { skipCoverage: true });
  if (message?.configType.case !== 'typedConfig') return t.fail('no typed_config');
  const any = message.configType.value;
  const context = new ConfigContext();
  const router = context.unpackAs<Router>(any, routerType);
  t.equal(router?.suppressEnvoyHeaders, true);
  t.equal(context.unpack(any), router, 'each time the same');
  t.strictSame(Buffer.from(any.value), Buffer.from([0x20, 1]), 'bytes for config_dump');
  t.equal(context.unpackAs<Cluster>(any, clusterType), undefined, 'another type is an error');
  const said = await context.takeDiagnostics();
  t.match(said, [{ code: 'RMR0114', path: 'typed_config', position: { line: 3 } }]);
});

t.test('a unit reports on a message deep inside a typed_config, and the place is known', async (t) => {
  const text = `
static_resources:
  listeners:
  - name: l
    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: x
          routeConfig:
            virtual_hosts:
            - {name: v, domains: ["*"], routes: [{match: {prefix: /}, direct_response: {status: 200}}]}
          http_filters:
          - name: r
            typed_config: {"@type": type.googleapis.com/${routerType}}
`;
  const { message, diagnostics } = await loadBootstrap([yaml(text)], { skipCoverage: true });
  t.strictSame(diagnostics, []);
  const context = new ConfigContext();
  const filter = message?.staticResources?.listeners[0]?.filterChains[0]?.filters[0];
  if (filter?.configType.case !== 'typedConfig') return t.fail('no typed_config');
  const manager = context.unpackAs<
    import('../../../src/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts').HttpConnectionManager
  >(filter.configType.value, 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager');
  const routes = manager?.routeSpecifier;
  const host = routes?.case === 'routeConfig' ? routes.value.virtualHosts[0] : undefined;
  if (host === undefined) return t.fail('no virtual host');
  context.error(host, 'domains[0]', 'RMR0600', 'for the test');
  context.warning(host, 'routes[0].match.prefix', 'RMR0605', 'for the test');
  context.error({}, 'x', 'RMR0600', 'of a message nobody knows');
  t.ok(context.failed);
  t.match(await context.takeDiagnostics(), [
    { path: 'x', position: undefined },
    {
      path: 'static_resources.listeners[0].filter_chains[0].filters[0].typed_config.route_config.virtual_hosts[0].domains[0]',
      position: { file: 'input.yaml', line: 14, column: 35 },
      severity: 'error',
    },
    { position: { line: 14, column: 67 }, severity: 'warning' },
  ]);
  t.notOk(context.failed, 'taken means emptied');
});

t.test('the resources of a file', async (t) => {
  const source = yaml(`
version_info: "1"
resources:
- "@type": type.googleapis.com/${clusterType}
  name: a
  type: STATIC
  not_a_field_yet: 1
- "@type": type.googleapis.com/${clusterType}
  name: b
  connect_timeout: 1s
`);
  const { message, diagnostics } = await loadDiscoveryResponse(source, { skipCoverage: true });
  t.strictSame(diagnostics, [], 'unknown fields are ignored, as Envoy does with dynamic resources');
  const context = new ConfigContext();
  const names = message?.resources.map((any) => context.unpackAs<Cluster>(any, clusterType)?.name);
  t.strictSame(names, ['a', 'b']);
  const strict = await loadDiscoveryResponse(source, { unknownFields: 'refuse' });
  t.match(strict.diagnostics[0], { code: 'RMR0101', path: 'resources[0].not_a_field_yet', position: { line: 7 } });
  const broken = await loadDiscoveryResponse(yaml(`resources: [{"@type": type.googleapis.com/${clusterType}}]`));
  t.equal(broken.message, undefined);
  t.match(broken.diagnostics[0], { code: 'RMR0201', path: 'resources[0].name' });
});

t.test('off the wire: the same rules, paths but no positions', async (t) => {
  const descriptor = messageDescriptor(clusterType);
  const bytes = toBinary(descriptor, create(descriptor, { name: '', lbPolicy: 77 }));
  const context = new ConfigContext({ unknownFields: 'ignore', skipCoverage: true });
  t.equal(decodeMessage<Cluster>(clusterType, bytes, context), undefined);
  const said = await context.takeDiagnostics();
  t.strictSame(
    said.map(({ code, path, position }) => [code, path, position]),
    [
      ['RMR0201', 'name', undefined],
      ['RMR0206', 'lb_policy', undefined],
    ],
  );
  const good = toBinary(descriptor, create(descriptor, { name: 'a' }));
  t.equal(decodeMessage<Cluster>(clusterType, good, context)?.name, 'a');
  t.equal(decodeMessage<Cluster>(clusterType, Uint8Array.of(0x0a, 0xff), context), undefined);
  t.match(await context.takeDiagnostics(), [{ code: 'RMR0113' }]);
});

t.test('an Any off the wire is decoded and checked when it is unpacked', async (t) => {
  const filterType = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter';
  const filter = messageDescriptor(filterType);
  const buffer = messageDescriptor('envoy.extensions.filters.http.buffer.v3.Buffer');
  type HttpFilter =
    import('../../../src/generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts').HttpFilter;
  const wire = (typeUrl: string, value: Uint8Array): Uint8Array =>
    toBinary(
      filter,
      create(filter, {
        name: 'x',
        configType: { case: 'typedConfig', value: { $typeName: 'google.protobuf.Any', typeUrl, value } },
      }),
    );
  const unpack = async (typeUrl: string, value: Uint8Array, known?: string[]) => {
    const context = new ConfigContext({
      skipCoverage: true,
      ...(known === undefined ? {} : { knownExtensions: new Set(known) }),
    });
    const message = decodeMessage<HttpFilter>(filterType, wire(typeUrl, value), context);
    const any = message?.configType.case === 'typedConfig' ? message.configType.value : undefined;
    const held = any === undefined ? undefined : context.unpack(any);
    return { held, codes: (await context.takeDiagnostics()).map(({ code, path }) => `${code} ${path}`) };
  };
  const url = `type.googleapis.com/${buffer.typeName}`;
  const good = await unpack(url, toBinary(buffer, create(buffer, { maxRequestBytes: 5 })));
  t.match(good, { held: { maxRequestBytes: 5 }, codes: [] });
  const broken = await unpack(url, toBinary(buffer, create(buffer, { maxRequestBytes: 0 })));
  t.match(broken, { held: undefined, codes: ['RMR0203 typed_config.max_request_bytes'] });
  t.match(await unpack(url, Uint8Array.of(0xff)), { held: undefined, codes: ['RMR0113 typed_config'] });
  t.match(await unpack('type.googleapis.com/x.Y', new Uint8Array()), { codes: ['RMR0109 typed_config'] });
  t.match(await unpack(url, new Uint8Array(), []), { codes: ['RMR0304 typed_config'] });

  const struct = messageDescriptor('xds.type.v3.TypedStruct');
  const typed = toBinary(struct, create(struct, { typeUrl: url, value: { max_request_bytes: 7 } }));
  t.match(await unpack('type.googleapis.com/xds.type.v3.TypedStruct', typed), {
    held: { maxRequestBytes: 7 },
    codes: [],
  });
});

t.test('keys that JavaScript could take for something else are keys like any other', async (t) => {
  const { message, diagnostics } = await loadBootstrap(
    [yaml('node: {id: a, metadata: {__proto__: {x: 1}, constructor: 2}}')],
    {
      skipCoverage: true,
    },
  );
  t.strictSame(diagnostics, []);
  t.equal(JSON.stringify(message?.node?.metadata), '{"__proto__":{"x":1},"constructor":2}');
  t.equal(Reflect.get({}, 'x'), undefined, 'nothing was polluted');
  const unknown = await loadBootstrap([yaml('__proto__: {x: 1}')]);
  t.match(unknown.diagnostics[0], { code: 'RMR0101', path: '__proto__' });
});

t.test('messages outlive the descriptors they were read with', async (t) => {
  const text = `resources: [{"@type": type.googleapis.com/${clusterType}, name: a, type: STRICT_DNS}]`;
  const { message } = await loadDiscoveryResponse(yaml(text), { skipCoverage: true });
  const any = message?.resources[0];
  if (any === undefined) return t.fail('no resource');
  const before = Buffer.from(any.value);
  releaseDescriptors();
  t.equal(registry().loadedFileCount(), 0);
  t.strictSame(Buffer.from(any.value), before);
  t.equal(new ConfigContext().unpackAs<Cluster>(any, clusterType)?.name, 'a');
  t.ok((await loadDiscoveryResponse(yaml(text), { skipCoverage: true })).message);
});

t.test('a text that is not well-formed never throws', async (t) => {
  for (const text of [
    '',
    '\0',
    '{',
    'a: [',
    '*x',
    '&x',
    '- - -',
    '? x',
    '%YAML 9',
    '"',
    "'",
    '!!x',
    '{a: b}}',
    '\ufeff{}',
    'a:\n\t- b',
  ]) {
    for (const format of ['yaml', 'json', 'text_proto'] as const) {
      const { message } = await loadBootstrap([{ name: 'x', format, text }]);
      t.ok(message === undefined || message.$typeName.length > 0, JSON.stringify(text));
    }
  }
});

t.test('documents made to use up stack, memory or time are refused', async (t) => {
  const said = async (source: ConfigSource): Promise<string[]> =>
    (await loadBootstrap([source])).diagnostics.map((diagnostic) => `${diagnostic.code} ${diagnostic.message}`);
  const tooDeep = ['RMR0102 The document is nested more than 250 levels deep'];
  for (const depth of [300, 100_000]) {
    t.same(await said(yaml(`a: ${'['.repeat(depth)}${']'.repeat(depth)}`)), tooDeep, `${depth} lists`);
    t.same(await said(yaml(`a: ${'{a: '.repeat(depth)}1${'}'.repeat(depth)}`)), tooDeep, `${depth} mappings`);
    const text = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    t.same(await said({ name: 'a.json', format: 'json', text }), tooDeep, `${depth} lists in JSON`);
  }
  t.same(await said(yaml(`a: ${'['.repeat(100_000)}`)), tooDeep, 'not closed');
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 10; i++)
    bomb.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  t.same(await said(yaml(bomb.join('\n'))), [
    'RMR0102 The aliases of this document stand for more than 1000000 values',
  ]);
  t.same(await said(yaml('node: &n {id: x, metadata: {b: *n}}')), ['RMR0102 *n stands within what it names']);
  const honest = await loadBootstrap([yaml('node: {id: &i one, cluster: *i, metadata: {a: *i}}')]);
  t.equal(honest.message?.node?.cluster, 'one');
});
