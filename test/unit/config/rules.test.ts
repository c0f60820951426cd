// The API's rules: every kind of rule the API uses is interpreted, and edge values fall on the right side.
import { getOption, hasOption } from '@bufbuild/protobuf';
import t from 'tap';
import { loadMessage, registry } from '../../../src/config/api.ts';
import type { FieldRules } from '../../../src/generated/validate/validate_pb.d.ts';

/** Kinds of rules that src/config/validate/ interprets. A new one in the API fails the test below until it is written. */
const interpreted = new Set([
  ...['const', 'lt', 'lte', 'gt', 'gte', 'in', 'notIn', 'ignoreEmpty'].map((rule) => `number.${rule}`),
  ...['minLen', 'maxLen', 'minBytes', 'maxBytes', 'len', 'const', 'pattern', 'prefix', 'suffix', 'contains'].map(
    (rule) => `string.${rule}`,
  ),
  ...['in', 'notIn', 'wellKnownRegex', 'strict', 'ignoreEmpty'].map((rule) => `string.${rule}`),
  ...['minLen', 'maxLen', 'ignoreEmpty'].map((rule) => `bytes.${rule}`),
  'bool.const',
  ...['const', 'definedOnly', 'in', 'notIn'].map((rule) => `enum.${rule}`),
  ...['required', 'lt', 'lte', 'gt', 'gte'].map((rule) => `duration.${rule}`),
  ...['minItems', 'maxItems', 'unique', 'items', 'ignoreEmpty'].map((rule) => `repeated.${rule}`),
  ...['minPairs', 'maxPairs', 'keys', 'values', 'ignoreEmpty'].map((rule) => `map.${rule}`),
  ...['required', 'skip'].map((rule) => `message.${rule}`),
  'any.required',
  'timestamp.required',
]);

function isFieldRules(value: unknown): value is FieldRules {
  return (
    typeof value === 'object' && value !== null && '$typeName' in value && value.$typeName === 'validate.FieldRules'
  );
}

function* kindsIn(rules: FieldRules): Generator<string> {
  if (rules.message !== undefined) yield* setNames('message', rules.message);
  if (rules.type.case === undefined) return;
  const isNumber = /^(u|s)?(int|fixed)|float|double/.test(rules.type.case);
  yield* setNames(isNumber ? 'number' : rules.type.case, rules.type.value);
  if (rules.type.case === 'repeated' && rules.type.value.items !== undefined) yield* kindsIn(rules.type.value.items);
  if (rules.type.case === 'map') {
    if (rules.type.value.keys !== undefined) yield* kindsIn(rules.type.value.keys);
    if (rules.type.value.values !== undefined) yield* kindsIn(rules.type.value.values);
  }
}

function* setNames(kind: string, rules: object): Generator<string> {
  for (const [name, value] of Object.entries(rules)) {
    if (name.startsWith('$') || (Array.isArray(value) && value.length === 0) || value === undefined) continue;
    if (name === 'wellKnown') {
      if (value.case !== undefined) yield `${kind}.${value.case}`;
    } else yield `${kind}.${name}`;
  }
}

t.test('every kind of rule in the API is interpreted', async (t) => {
  for (const name of [...registry().topLevelNames()]) registry().get(name);
  const extension = registry().getExtension('validate.rules');
  if (extension === undefined) return t.fail('the descriptors have no rules');
  const kinds = new Map<string, string>();
  for (const type of registry()) {
    if (type.kind !== 'message') continue;
    for (const field of type.fields) {
      const rules = hasOption(field, extension) ? getOption(field, extension) : undefined;
      if (isFieldRules(rules)) for (const kind of kindsIn(rules)) kinds.set(kind, `${type.typeName}.${field.name}`);
    }
  }
  t.ok(kinds.size > 30, `${kinds.size} kinds`);
  for (const [kind, field] of kinds) t.ok(interpreted.has(kind), `${kind} (${field})`);
});

async function codes(typeName: string, text: string): Promise<string[]> {
  const { diagnostics } = await loadMessage(
    typeName,
    { name: 'x', format: 'yaml', text },
    { skipCoverage: true, skipDeprecated: true },
  );
  return diagnostics.map(({ code, path }) => `${code} ${path}`);
}

t.test('edges', async (t) => {
  const cases: [string, string, string[]][] = [
    ['envoy.config.core.v3.SocketAddress', 'address: a\nport_value: 65535', []],
    ['envoy.config.core.v3.SocketAddress', 'address: a\nport_value: 65536', ['RMR0203 port_value']],
    ['envoy.config.core.v3.SocketAddress', 'address: a', ['RMR0202 ']],
    ['envoy.config.core.v3.SocketAddress', 'port_value: 1', ['RMR0201 address']],
    ['envoy.config.core.v3.CidrRange', 'address_prefix: "::"\nprefix_len: 128', []],
    ['envoy.config.core.v3.CidrRange', 'address_prefix: "::"\nprefix_len: 129', ['RMR0203 prefix_len']],
    ['envoy.type.v3.Percent', 'value: 100', []],
    ['envoy.type.v3.Percent', 'value: 100.1', ['RMR0203 value']],
    ['envoy.type.v3.Percent', 'value: NaN', ['RMR0203 value']],
    ['envoy.config.route.v3.DirectResponseAction', 'status: 200', []],
    ['envoy.config.route.v3.DirectResponseAction', 'status: 199', ['RMR0203 status']],
    ['envoy.config.route.v3.DirectResponseAction', 'status: 600', ['RMR0203 status']],
    ['envoy.config.core.v3.HeaderValue', 'key: "a b"', []],
    ['envoy.config.core.v3.HeaderValue', 'key: "a\\nb"', ['RMR0204 key']],
    ['envoy.config.route.v3.HeaderMatcher', 'name: ""', ['RMR0201 name']],
    ['envoy.config.cluster.v3.Cluster', 'name: a\nconnect_timeout: 0.000000001s', []],
    ['envoy.config.cluster.v3.Cluster', 'name: a\nconnect_timeout: 0s', ['RMR0207 connect_timeout']],
    ['envoy.config.cluster.v3.Cluster', 'name: a\ntype: 17', ['RMR0206 type']],
    ['envoy.config.cluster.v3.Cluster.LeastRequestLbConfig', 'choice_count: 1', ['RMR0203 choice_count']],
    ['envoy.config.core.v3.DataSource', 'filename: ""', ['RMR0201 filename']],
    ['envoy.config.core.v3.DataSource', '{}', ['RMR0202 ']],
    ['envoy.config.route.v3.VirtualHost', 'name: a', ['RMR0201 domains']],
    [
      'envoy.config.route.v3.VirtualHost',
      'name: a\ndomains: [a]\nrequest_headers_to_remove: [""]',
      ['RMR0201 request_headers_to_remove[0]'],
    ],
    ['envoy.config.core.v3.Http2ProtocolOptions', 'max_concurrent_streams: 0', ['RMR0203 max_concurrent_streams']],
    ['envoy.config.core.v3.Http2ProtocolOptions', 'max_concurrent_streams: 2147483647', []],
    [
      'envoy.config.core.v3.Http2ProtocolOptions',
      'max_concurrent_streams: 2147483648',
      ['RMR0203 max_concurrent_streams'],
    ],
  ];
  for (const [typeName, text, expected] of cases)
    t.strictSame(await codes(typeName, text), expected, `${typeName}: ${text}`);
});

t.test('lengths count characters, not UTF-16 units', async (t) => {
  const long = (character: string, count: number): string => `name: ${JSON.stringify(character.repeat(count))}`;
  const message = 'envoy.extensions.filters.http.header_to_metadata.v3.Config.Rule';
  t.ok(registry().getMessage(message), 'a nested type is found by its full name');
  t.strictSame(await codes('envoy.config.cluster.v3.Cluster', long('𝕏', 60)), []);
});
