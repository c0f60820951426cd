// The syntax of URI templates: what is taken and refused is what Envoy 1.40 takes and refuses.
import t from 'tap';
import { compileRegex, Substitution } from '../../../src/matchers/regex.ts';
import { parseUriTemplate, templateSubstitution } from '../../../src/router/route-table/uri-template.ts';
import { buildRoutes, match, tryBuild } from '../../support/route-table.ts';

t.test('templates', async (t) => {
  const good = [
    '/', '/a/', '/a/{b}c', '/a/b{c}', '/**/b', '/a/**', '/a/**/', '/a/*b', '/a/*.x', '/a/*/*.x', '/a*', '/a/{b=*}.x',
    '/a/{b=**}.m', '/a/{b=**}/c', '/{a=*/b}', '/{abcdefghijklmnop}', '/{a}/{b}/{c}/{d}/{e}', '/a%20', '/a.b$c', '/***',
    '/{a=*}*', '/**.mpd*', '/a/*=b', '/{a=a.x*}', '/{a_b}', '/a=b', '/a/b=/*', '/b{c}d', '/b{c}/d', '/b{c=**}/x',
    '/a*b/c', '/a/{b}c/d', '/*/**', '/{a=**}/b', '/{a=**/b}', '/a{b}*', '/a*{b}', '/a**{b}',
  ]; // biome-ignore format: a list to read
  for (const text of good) t.doesNotThrow(() => parseUriTemplate(text), text);
  const bad = [
    'a', '', '/a/{b', '/a/b}', '/{a}/{a}', '/a//b', '/{a=*/b/}', '/{a=/b}', '/{a={b}}', '/{a=}', '/{=*}', '/{1a}',
    '/{a-b}', '/{abcdefghijklmnopq}', '/{a}/{b}/{c}/{d}/{e}/{f}', '/a b', '/a?b', '/{a}{b}', '/{a=**}/**', '/\xe9',
    '/a/**b/c', '/a/*b/c', '/{a=*.x}', '/a[b', '/b{c}{d}', '/**/**', '/**/*', '/**/{a}', '/{a=**/*}', '/a"b', '/a|b',
    '/a#b', '/**{b}', '/*{b}', '//', '/a//',
  ]; // biome-ignore format: a list to read
  for (const text of bad) t.throws(() => parseUriTemplate(text), { message: /./ }, text);
});

t.test('rewrites', async (t) => {
  const template = parseUriTemplate('/m/{a}/{b}');
  const rewritten = (rewrite: string): string => {
    const regex = compileRegex(template.pattern);
    return regex.replaceAll('/m/x/y', new Substitution(templateSubstitution(rewrite, template), regex));
  };
  t.equal(rewritten('/x/{b}'), '/x/y');
  t.equal(rewritten('/{a}/{a}'), '/x/x');
  t.equal(rewritten('/{a}{b}/'), '/xy/');
  t.equal(rewritten('/%20*'), '/%20*');
  for (const bad of [
    '/{c}',
    'x/{a}',
    '{a}',
    '/{a',
    '/a}',
    '/x?y={a}',
    '/x#{a}',
    '/\xe9',
    '/a b',
    '/{a=*}',
    '//{a}',
    '/a|',
  ]) {
    t.throws(() => templateSubstitution(bad, template), { message: /./ }, bad);
  }
});

const matchConfig = (template: string): object => ({
  pathMatchPolicy: {
    name: 'm',
    typedConfig: {
      '@type': 'type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig',
      pathTemplate: template,
    },
  },
});
const rewriteConfig = (template: string): object => ({
  name: 'r',
  typedConfig: {
    '@type': 'type.googleapis.com/envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig',
    pathTemplateRewrite: template,
  },
});

t.test('in the route table', async (t) => {
  const table = await buildRoutes([
    { name: 'never', match: matchConfig('/a/***'), directResponse: { status: 200 } },
    { name: 'one', match: matchConfig('/a/{x}'), directResponse: { status: 200 } },
  ]);
  t.equal(match(table, '/a/*'), 'one');
  const problems = async (route: object): Promise<string> => {
    const routes = [{ match: { prefix: '/' }, ...route }];
    const { diagnostics } = await tryBuild({ virtualHosts: [{ name: 'v', domains: ['*'], routes }] });
    return diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ path }) => path)
      .join();
  };
  t.match(await problems({ match: matchConfig('/a//'), directResponse: { status: 200 } }), /path_template/);
  t.match(await problems({ route: { cluster: 'a', pathRewritePolicy: rewriteConfig('/a') } }), /path_rewrite_policy/);
  const withTemplate = (route: object): object => ({ match: matchConfig('/{a}'), route: { cluster: 'a', ...route } });
  t.match(await problems(withTemplate({ pathRewritePolicy: rewriteConfig('/{b}') })), /path_template_rewrite/);
  t.match(await problems(withTemplate({ prefixRewrite: '/b' })), /prefix_rewrite/);
  t.match(await problems({ match: matchConfig('/{a}'), redirect: { prefixRewrite: '/b' } }), /prefix_rewrite/);
  t.match(await problems({ route: { cluster: 'a', pathRewrite: '/a', prefixRewrite: '/b' } }), /path_rewrite/);
  t.match(await problems({ route: { cluster: 'a', pathRewrite: '%NOPE%' } }), /path_rewrite/);
  t.match(await problems({ route: { cluster: 'a', hostRewrite: '%NOPE%' } }), /host_rewrite/);
  t.match(await problems({ redirect: { pathRewrite: '%NOPE%' } }), /path_rewrite/);
  t.match(await problems({ filterAction: {} }), /filter_action/);
});
