// VirtualHost.matcher: what is refused, and inputs that scenarios cannot show. Answers are those of Envoy 1.40.
// covers: envoy.extensions.matching.common_inputs.network.v3.FilterStateInput.key
// covers: envoy.config.route.v3.RouteList.routes
import t from 'tap';
import { request, tryBuild } from '../../support/route-table.ts';

const typed = (type: string, more: object = {}): object => ({
  name: 'x',
  typedConfig: { '@type': `type.googleapis.com/${type}`, ...more },
});
const header = typed('envoy.type.matcher.v3.HttpRequestHeaderMatchInput', { headerName: 'X-A' });
const route = (name: string, more: object = { directResponse: { status: 200 } }): object => ({
  action: typed('envoy.config.route.v3.Route', { name, match: { prefix: '/' }, ...more }),
});
const tree = (input: object, map: object): object => ({ matcherTree: { input, exactMatchMap: { map } } });
const build = (matcher: object): ReturnType<typeof tryBuild> =>
  tryBuild({ virtualHosts: [{ name: 'v', domains: ['*'], matcher }] });

t.test('filter state and joined headers', async (t) => {
  const state = typed('envoy.extensions.matching.common_inputs.network.v3.FilterStateInput', { key: 'k' });
  const { table } = await build({
    ...tree(state, { v: route('state') }),
    onNoMatch: { matcher: tree(header, { 'a,b': route('joined') }) },
  });
  const nameOf = (context: ReturnType<typeof request>): string | undefined => {
    const result = table?.match(context);
    return result === undefined || result.kind === 'none' ? undefined : result.name;
  };
  t.equal(nameOf(request()), undefined);
  t.equal(nameOf(request({ headers: ['x-a: a', 'x-a: b'] })), 'joined');
  const context = request();
  context.streamInfo.filterState = new Map([['k', { text: 'v', json: undefined }]]);
  t.equal(nameOf(context), 'state');
  const missed = table?.match(request('/somewhere'));
  t.match(missed?.kind === 'none' ? missed.cause : '', /virtual host 'v' has no route for GET \/somewhere/);
});

t.test('what cannot stand in it', async (t) => {
  const errorsOf = async (matcher: object): Promise<string> => {
    const { table, diagnostics } = await build(matcher);
    t.equal(table, undefined);
    return diagnostics.map(({ message }) => message).join();
  };
  const network = 'envoy.extensions.matching.common_inputs.network.v3';
  t.match(await errorsOf(tree(typed(`${network}.SourceIPInput`), { a: route('r') })), /SourceIPInput cannot be asked/);
  t.match(await errorsOf(tree(header, { a: { ...route('r'), keepMatching: true } })), /keep_matching/);
  t.match(await errorsOf(tree(header, { a: { action: typed(`${network}.SourceIPInput`) } })), /no action/);
  t.match(await errorsOf({ matcherTree: { input: header, customMatch: typed(`${network}.SourceIPInput`) } }), /Custom/);
  const single = (more: object): object => ({
    matcherList: { matchers: [{ predicate: { singlePredicate: { input: header, ...more } }, onMatch: route('r') }] },
  });
  t.match(await errorsOf(single({ customMatch: typed(`${network}.SourceIPInput`) })), /Custom/);
  t.match(await errorsOf(single({ valueMatch: { safeRegex: { googleRe2: {}, regex: '(?=a)' } } })), /RE2/);
  const weighted = { route: { weightedClusters: { clusters: [{ name: 'a' }] } } };
  t.match(await errorsOf(tree(header, { a: route('r', weighted) })), /weight/);
});
