// A field that is set and silently ignored is a defect. Builds every configuration of the parity scenarios and two examples as a
// start would, watches which fields are read on the way, and holds that of those the coverage table calls implemented none
// is left unread, and that none is read of those it says have no effect yet.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isMessage, type Message } from '@bufbuild/protobuf';
import { type Any, AnySchema } from '@bufbuild/protobuf/wkt';
import t from 'tap';
import { scenarioText } from '../../scripts/config-schema/proof.ts';
import { serverOptions } from '../../src/cli/server-options.ts';
import { ConfigContext, formatDiagnostic, loadBootstrap, registry } from '../../src/config/api.ts';
import { coverageOf } from '../../src/config/coverage/coverage.ts';
import { packages } from '../../src/config/coverage/packages.ts';
import { type FieldPlan, planOf } from '../../src/config/plan.ts';
import { isOneof, propertyOf } from '../../src/config/property.ts';
import { extensions } from '../../src/extensions/manifest.ts';
import { readBootstrapConfig } from '../../src/server/bootstrap-config.ts';
import { Server } from '../../src/server/compose.ts';
import { Lifecycle } from '../../src/server/lifecycle.ts';
import { prepareResources } from '../../src/server/resources.ts';

const root = join(import.meta.dirname, '../..');

/** Read for other reasons than their effect: nothing here reads them where a configuration is built. */
const readElsewhere = new Set([
  // The name of the resource; a static assignment belongs to its cluster.
  'envoy.config.endpoint.v3.ClusterLoadAssignment.cluster_name',
  // Read when the admin starts, or is asked (config-process.test.ts, the admin's own tests).
  'envoy.config.core.v3.Node.metadata',
  'envoy.config.bootstrap.v3.Admin.access_log',
  'envoy.config.bootstrap.v3.Admin.profile_path',
  'envoy.config.bootstrap.v3.Admin.allow_paths',
  'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog.log_format',
  // An empty message: that it is chosen says nothing that lb_policy does not say.
  'envoy.config.cluster.v3.Cluster.round_robin_lb_config',
]);

/** Implemented, and in none of the files: each has a test of its own (unit tests and config-*.test.ts name it). */
const setNowhere: readonly string[] = [
  'envoy.config.bootstrap.v3.Admin.access_log_path',
  'envoy.config.bootstrap.v3.Bootstrap.dns_resolution_config',
  'envoy.config.cluster.v3.Cluster.typed_dns_resolver_config',
  'envoy.config.listener.v3.Listener.reuse_port',
  'envoy.config.metrics.v3.StatsMatcher.inclusion_list',
  'envoy.config.metrics.v3.StatsMatcher.reject_all',
  'envoy.config.route.v3.Route.per_request_buffer_limit_bytes',
  'envoy.config.route.v3.Route.request_body_buffer_limit',
  'envoy.config.route.v3.RouteConfiguration.vhost_header',
  'envoy.config.route.v3.VirtualHost.per_request_buffer_limit_bytes',
  'envoy.config.route.v3.VirtualHost.request_body_buffer_limit',
  'envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.suppress_client_ca_list',
  'envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.system_root_certs',
  'envoy.service.discovery.v3.DiscoveryResponse.resources',
  'envoy.service.discovery.v3.DiscoveryResponse.type_url',
  'envoy.service.discovery.v3.DiscoveryResponse.version_info',
];

/** Full field name to the file that sets it. */
const setIn = new Map<string, string>();
const read = new Set<string>();

/** Walks that look at every field (for type names, for rules, for bytes) are no use of one. */
function isGenericWalk(): boolean {
  const stack = new Error().stack ?? '';
  return (
    stack.includes('/type-names.ts') ||
    stack.includes('/@bufbuild/') ||
    /\/src\/config\/(?!extension|data-source)/.test(stack)
  );
}

function watch(target: object, property: string, name: string): void {
  const value: unknown = Reflect.get(target, property);
  const get = (): unknown => {
    if (!read.has(name) && !isGenericWalk()) read.add(name);
    return value;
  };
  Object.defineProperty(target, property, { get, enumerable: true, configurable: true });
}

function isSet(field: FieldPlan, value: unknown): boolean {
  if (value === undefined) return false;
  if (field.inOneof || field.descriptor.fieldKind === 'message') return true;
  if (field.descriptor.fieldKind === 'map') return Object.keys(Object(value)).length > 0;
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function watchMessage(message: Message, file: string, context: ConfigContext): void {
  if (isAny(message)) {
    const held = context.unpack(message);
    if (held !== undefined) watchMessage(held, file, context);
    return;
  }
  const descriptor = registry().getMessage(message.$typeName);
  if (descriptor === undefined) return;
  const isEnvoy = message.$typeName.startsWith('envoy.');
  // Matcher trees (xds.type.matcher.v3) hold messages of Envoy's.
  if (!isEnvoy && !message.$typeName.startsWith('xds.')) return;
  for (const field of planOf(descriptor).fields) {
    const value = field.get(message);
    if (!isSet(field, value)) continue;
    const name = `${descriptor.typeName}.${field.name}`;
    if (isEnvoy && !setIn.has(name)) setIn.set(name, file);
    const held = propertyOf(message, field.property);
    if (!isEnvoy) {
      // Not in the table.
    } else if (field.inOneof && isOneof(held)) {
      // Of an empty message (`proper_case_words: {}`) there is nothing to read but that it was chosen.
      const isEmpty =
        isMessage(value) &&
        planOf(registry().getMessage(value.$typeName) ?? descriptor).fields.every(
          (inner) => !isSet(inner, inner.get(value)),
        );
      watch(held, isEmpty ? 'case' : 'value', name);
    } else watch(message, field.property, name);
    const values = Array.isArray(value)
      ? value
      : field.descriptor.fieldKind === 'map'
        ? Object.values(Object(value))
        : [value];
    for (const item of values) if (isMessage(item)) watchMessage(item, file, context);
  }
}

function isAny(message: Message): message is Any {
  return isMessage(message, AnySchema);
}

t.test('what the table calls implemented is read when it is set', async (t) => {
  const files = readdirSync(join(root, 'test/parity/scenarios'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('envoy.yaml'))
    .map((file) => join('test/parity/scenarios', file));
  files.push('examples/front-proxy.yaml', 'examples/sidecar.yaml', 'test/integration/every-field/envoy.yaml');
  t.ok(files.length > 10);
  const options = serverOptions('remora', new Map([['config-path', 'none']]), {});
  for (const file of files) {
    const { folder, text } = await scenarioText(file, 20_000);
    t.teardown(() => rmSync(folder, { recursive: true }));
    const { message } = await loadBootstrap([{ name: file, format: 'yaml', text }]);
    if (message === undefined) {
      t.fail(`${file} does not load`);
      continue;
    }
    const context = new ConfigContext();
    watchMessage(message, file, context);
    const bootstrap = await readBootstrapConfig(message, options, context);
    const lifecycle = new Lifecycle();
    const server = new Server(options, bootstrap, extensions, lifecycle);
    const prepared = await prepareResources(
      bootstrap.clusters,
      bootstrap.listeners,
      server.managers,
      new ConfigContext(),
    );
    t.notOk(
      prepared.failed,
      `${file} is built\n${prepared.diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, text)).join('\n')}`,
    );
    lifecycle.release();
    await server.shutdown();
  }
  const implemented = Object.entries(packages).flatMap(([name, { implemented: fields = [] }]) =>
    fields.map((field) => `${name}.${field}`),
  );
  const unset = implemented.filter((name) => !setIn.has(name));
  t.strictSame(
    unset.sort(),
    [...setNowhere].sort(),
    'every other field that is called implemented is set in these files',
  );
  const silent = [...setIn].filter(([name]) => {
    const dot = name.lastIndexOf('.');
    const isImplemented = coverageOf(name.slice(0, dot), name.slice(dot + 1)).status === 'implemented';
    return isImplemented && !read.has(name) && !readElsewhere.has(name);
  });
  t.strictSame(silent, [], 'these are set, called implemented and never read');
  const denied = [...setIn].filter(([name]) => {
    const dot = name.lastIndexOf('.');
    return coverageOf(name.slice(0, dot), name.slice(dot + 1)).status === 'not-yet' && read.has(name);
  });
  t.strictSame(denied, [], 'these are read, and warned about as being without effect');
});
