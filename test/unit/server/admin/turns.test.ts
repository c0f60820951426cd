// Answers of the admin that take time go one piece in a turn of the event loop; readiness does not wait for them.
import t from 'tap';
import { dispatcher } from '../../../../src/server/admin/dispatch.ts';
import { type AdminRequest, text, view } from '../../../../src/server/admin/endpoint.ts';
import { nextTurn } from '../../../../src/server/admin/turns.ts';

t.test('one piece in a turn, in the order of asking', async (t) => {
  const pieces: number[] = [];
  const all = [1, 2, 3].map((n) => nextTurn().then(() => pieces.push(n)));
  for (const expected of [[1], [1, 2], [1, 2, 3]]) {
    await new Promise((resolve) => setImmediate(resolve));
    t.same(pieces, expected);
  }
  await Promise.all(all);
  await nextTurn();
  t.pass('and again when nobody waited');
});

t.test('readiness never waits for a scrape', async (t) => {
  let scrapes = 0;
  const dispatch = dispatcher([
    view('/stats', 'statistics', () => text(String(++scrapes))),
    view('/ready', 'readiness', () => text('LIVE\n')),
  ]);
  const request = (target: string): AdminRequest => ({ method: 'GET', target, contentType: '', body: Buffer.alloc(0) });
  const scraping = Array.from({ length: 100 }, () => dispatch(request('/stats')));
  t.match(await dispatch(request('/ready')), { status: 200, body: 'LIVE\n' });
  t.equal(scrapes, 0);
  await Promise.all(scraping);
  t.equal(scrapes, 100);
});
