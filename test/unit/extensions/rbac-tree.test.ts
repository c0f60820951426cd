// rbac by matcher trees: what is refused, and inputs that scenarios cannot show. Answers are those of Envoy 1.40.
// covers: envoy.extensions.matching.common_inputs.environment_variable.v3.Config.name
// covers: envoy.extensions.rbac.principals.mtls_authenticated.v3.Config.{san_matcher, any_validated_client_certificate}
import t from 'tap';
import { ConfigContext, loadMessage } from '../../../src/config/api.ts';
import { readPolicyEngine } from '../../../src/extensions/common/rbac/config.ts';
import { readTreeEngine } from '../../../src/extensions/common/rbac/config-tree.ts';
import type { TreeEngine } from '../../../src/extensions/common/rbac/tree-engine.ts';
import type { RBAC as Policies } from '../../../src/generated/envoy/config/rbac/v3/rbac_pb.d.ts';
import type { RBAC } from '../../../src/generated/envoy/extensions/filters/http/rbac/v3/rbac_pb.d.ts';
import { StatsStore } from '../../../src/observability/stats/store.ts';
import type { TlsConnectionInfo } from '../../../src/observability/tls-info.ts';
import { FakeRuntime } from '../../support/fake-runtime.ts';
import { request } from '../../support/route-table.ts';

const typed = (type: string, more: object = {}): object => ({
  name: 'x',
  typed_config: { '@type': `type.googleapis.com/${type}`, ...more },
});
const input = (type: string, more: object = {}): object => typed(`envoy.extensions.matching.${type}`, more);
const header = typed('envoy.type.matcher.v3.HttpRequestHeaderMatchInput', { header_name: 'x-a' });
const action = (name: string): object => ({ action: typed('envoy.config.rbac.v3.Action', { name }) });
const exact = (from: object, map: object): object => ({ matcher_tree: { input: from, exact_match_map: { map } } });
const custom = (type: string, more: object): object => ({
  matcher_tree: { input: header, custom_match: typed(`xds.type.matcher.v3.${type}`, more) },
});
const single = (more: object): object => ({
  matcher_list: {
    matchers: [{ predicate: { single_predicate: { input: header, ...more } }, on_match: action('yes') }],
  },
});
const test = (type: string, more: object): object => single({ custom_match: input(`input_matchers.${type}`, more) });

interface Result {
  readonly engine: TreeEngine | undefined;
  readonly errors: readonly string[];
}

async function read(matcher: object): Promise<Result> {
  const { message, diagnostics } = await loadMessage<RBAC>(
    'envoy.extensions.filters.http.rbac.v3.RBAC',
    { name: 'rbac', format: 'json', text: JSON.stringify({ matcher }) },
    {},
  );
  const context = new ConfigContext();
  const engine =
    message?.matcher &&
    readTreeEngine(message.matcher, { runtime: new FakeRuntime(), stats: new StatsStore() }, context);
  const found = [...diagnostics, ...(await context.takeDiagnostics())].filter(({ severity }) => severity === 'error');
  return { engine, errors: found.map((diagnostic) => diagnostic.message) };
}

async function made(matcher: object): Promise<TreeEngine> {
  const { engine, errors } = await read(matcher);
  t.strictSame(errors, []);
  if (engine === undefined) throw new Error('no engine');
  return engine;
}

t.test('what is refused', async (t) => {
  const refused = async (matcher: object, words: RegExp): Promise<void> => {
    const { engine, errors } = await read(matcher);
    t.equal(engine, undefined);
    t.match(errors.join('; '), words);
  };
  const network = 'common_inputs.network.v3';
  await refused(exact(input(`${network}.SourceTypeInput`), { a: action('a') }), /cannot look at .*SourceTypeInput/);
  const trailers = typed('envoy.type.matcher.v3.HttpRequestTrailerMatchInput', { header_name: 'a' });
  await refused(exact(trailers, { a: action('a') }), /cannot look at .*HttpRequestTrailerMatchInput/);
  await refused(exact(header, { a: { action: typed('envoy.config.route.v3.RouteList') } }), /no action of rbac/);
  await refused(exact(header, { a: { ...action('a'), keep_matching: true } }), /keep_matching/);
  await refused(exact(header, { a: { action: typed('envoy.config.rbac.v3.Action') } }), /name/);
  const regex = { google_re2: {}, regex: 'a' };
  await refused(single({ value_match: { safe_regex: regex, ignore_case: true } }), /ignore_case has no effect/);
  await refused(test('consistent_hashing.v3.ConsistentHashing', { threshold: 3, modulo: 2 }), /threshold of 3/);
  await refused(test('ip.v3.Ip', { cidr_ranges: [{ address_prefix: 'x' }], stat_prefix: 's' }), /'x' is no IP address/);
  await refused(single({ custom_match: typed('envoy.config.rbac.v3.Action', { name: 'a' }) }), /Custom matchers/);
  const domains = (...names: string[]): object =>
    custom('ServerNameMatcher', { domain_matchers: [{ domains: names, on_match: action('a') }] });
  for (const name of ['a*', '*.*', 'a.*', '*a', '*.', '*.a.*']) await refused(domains(name), /of wildcards there are/);
  await refused(domains(''), /an empty domain/);
  await refused(domains('a', 'a'), /'a' stands here twice/);
  await refused(custom('ServerNameMatcher', { domain_matchers: [{ domains: ['a'] }] }), /on_match/);
  const ranges = [{ address_prefix: '10.0.0.0', prefix_len: 8 }];
  await refused(custom('IPMatcher', { range_matchers: [{ ranges }] }), /on_match/);
  const broken = [{ address_prefix: '10.0.0' }];
  await refused(custom('IPMatcher', { range_matchers: [{ ranges: broken, on_match: action('a') }] }), /no IP address/);
  await refused(custom('Int32RangeMatcher', {}), /IPMatcher and ServerNameMatcher/);
});

t.test('permissions and principals that are extensions', async (t) => {
  const errors = async (policy: object): Promise<string> => {
    const { message } = await loadMessage<Policies>(
      'envoy.config.rbac.v3.RBAC',
      { name: 'rbac', format: 'json', text: JSON.stringify({ policies: { p: policy } }) },
      {},
    );
    const context = new ConfigContext();
    const engine = message && readPolicyEngine(message, context);
    const found = (await context.takeDiagnostics()).map((diagnostic) => diagnostic.message).join();
    t.equal(engine === undefined, found !== '');
    return found;
  };
  const permission = (type: string, more: object = {}): Promise<string> =>
    errors({ permissions: [{ matcher: typed(type, more) }], principals: [{ any: true }] });
  const upstream = 'envoy.extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher';
  t.equal(await permission(upstream, { upstream_port_range: { start: 5, end: 2 } }), '');
  t.match(await permission(upstream), /upstream_ip or upstream_port_range/);
  t.match(await permission(upstream, { upstream_ip: { address_prefix: 'x' } }), /no IP address/);
  t.match(await permission('envoy.config.rbac.v3.Action', { name: 'a' }), /is no permission/);
  const principal = (type: string, more: object = {}): Promise<string> =>
    errors({ permissions: [{ any: true }], principals: [{ custom: typed(type, more) }] });
  const mtls = 'envoy.extensions.rbac.principals.mtls_authenticated.v3.Config';
  t.equal(await principal(mtls, { any_validated_client_certificate: true }), '');
  t.match(await principal(mtls), /must say who is meant/);
  const other = { san_type: 'OTHER_NAME', matcher: { exact: 'a' } };
  t.equal(await principal(mtls, { san_matcher: { ...other, oid: '1.2.3' } }), '');
  t.match(await principal(mtls, { san_matcher: other }), /the oid must be given/);
  t.match(await principal('envoy.config.rbac.v3.Action', { name: 'a' }), /is no principal/);
});

t.test('fields of filter state', async (t) => {
  const from = input('common_inputs.network.v3.FilterStateInput', { key: 'k', field: 'f' });
  const engine = await made(exact(from, { text: action('text'), '7': action('number'), whole: action('whole') }));
  const decided = (fields?: Readonly<Record<string, string | number>>): string | null => {
    const { streamInfo, headers } = request();
    const object = { text: 'whole', json: undefined };
    streamInfo.setFilterState('k', fields === undefined ? object : { ...object, field: (name) => fields[name] });
    return engine.decide(streamInfo, headers).name;
  };
  t.equal(decided({ f: 'text' }), 'text');
  t.equal(decided({ f: 7 }), 'number');
  t.equal(decided({ g: 'text' }), null);
  t.equal(decided(), 'whole', 'an object without fields answers as a whole');
});

t.test('an environment variable', async (t) => {
  process.env['REMORA_TEST_VARIABLE'] = 'gr\u00fcn';
  const from = input('common_inputs.environment_variable.v3.Config', { name: 'REMORA_TEST_VARIABLE' });
  const engine = await made(exact(from, { 'gr\u00fcn': action('green') }));
  delete process.env['REMORA_TEST_VARIABLE'];
  const { streamInfo, headers } = request();
  t.equal(engine.decide(streamInfo, headers).name, 'green');
});

t.test('names of a certificate', async (t) => {
  const names = { uriSans: ['spiffe://a', 'spiffe://b'], dnsSans: ['a.test'], subject: 'CN=a' };
  for (const [type, value] of [
    ['UriSanInput', 'spiffe://a,spiffe://b'],
    ['DnsSanInput', 'a.test'],
    ['SubjectInput', 'CN=a'],
  ] as const) {
    const engine = await made({
      ...exact(input(`common_inputs.ssl.v3.${type}`), { [value]: action('named') }),
      on_no_match: action('other'),
    });
    const decided = (tls: object | null): string | null => {
      const { streamInfo, headers } = request();
      Object.assign(streamInfo.connection, { tls: tls as TlsConnectionInfo | null });
      return engine.decide(streamInfo, headers).name;
    };
    t.equal(decided({ peer: names }), 'named');
    t.equal(decided({ peer: { uriSans: ['c'], dnsSans: ['c'], subject: 'c' } }), 'other');
    t.equal(decided({}), 'other', 'TLS without a certificate');
    t.equal(decided(null), null, 'without TLS the tree ends there');
  }
});
