import t from 'tap';
import { dispatcher, helpText, type PathPolicy } from '../../../../src/server/admin/dispatch.ts';
import { type AdminEndpoint, action, text, view } from '../../../../src/server/admin/endpoint.ts';

const endpoints: readonly AdminEndpoint[] = [
  view('/see', 'shows', (query) => text(`seen ${query.get('a') ?? ''}`), [
    { id: 'kind', kind: 'enum', help: 'which', values: ['x', 'y'] },
  ]),
  action('/do', 'changes', (query) => text(`done ${[...query.keys()].join()}`)),
  view('/broken', 'throws', () => {
    throw new Error('thrown on purpose');
  }),
];

async function ask(
  method: string,
  target: string,
  body = '',
  contentType = '',
  allowed?: PathPolicy,
): Promise<readonly [number, unknown]> {
  const dispatch = dispatcher(endpoints, allowed);
  const answer = await dispatch({ method, target, contentType, body: Buffer.from(body) });
  return [answer.status, answer.body];
}

t.test('choice', async (t) => {
  t.same(await ask('GET', '/see?a=1'), [200, 'seen 1']);
  t.same(await ask('DELETE', '/see'), [200, 'seen '], 'any method may look');
  t.same(await ask('GET', '/do'), [405, 'Method GET not allowed, POST required.']);
  t.same(await ask('POST', '/do?q'), [200, 'done q']);
  const [status, list] = await ask('GET', '/see/');
  t.equal(status, 404);
  t.equal(list, `invalid path. ${helpText(endpoints)}`);
  t.equal((await ask('GET', '/broken'))[0], 500);
});

t.test('parameters of a form stand in the body', async (t) => {
  const form = 'application/x-www-form-urlencoded';
  t.same(await ask('POST', '/do', 'a=1&b=2', form), [200, 'done a,b']);
  t.same(await ask('POST', '/do?c=3', 'a=1', form), [200, 'done c'], 'unless the address has some');
  t.same(await ask('POST', '/do', 'a=1', 'text/plain'), [200, 'done ']);
  t.same(await ask('GET', '/see', 'a=1', form), [200, 'seen ']);
});

t.test('allow_paths see the query too, as in Envoy', async (t) => {
  const exact: PathPolicy = (target) => target === '/see';
  t.same(await ask('GET', '/see', '', '', exact), [200, 'seen ']);
  t.same(await ask('GET', '/see?x', '', '', exact), [403, 'request to path /see?x not allowed']);
});

t.test('help', (t) => {
  t.equal(
    helpText(endpoints),
    'admin commands are:\n  /broken: throws\n  /do (POST): changes\n  /see: shows\n      kind: which; One of (x, y)\n',
  );
  t.end();
});
