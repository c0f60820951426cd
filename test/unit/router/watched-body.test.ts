// The body of a direct response that follows its file: as Envoy it is read again where a watched directory is named.
// covers: envoy.config.core.v3.DataSource.watched_directory
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { build, named, request, routeOf } from '../../support/route-table.ts';
import { until } from '../../support/until.ts';

t.test('a swapped link, and a file that is too large', async (t) => {
  const dir = t.testdir({});
  const point = (to: string, content: string): void => {
    mkdirSync(join(dir, to));
    writeFileSync(join(dir, to, 'body'), content);
    symlinkSync(to, join(dir, 'next'));
    renameSync(join(dir, 'next'), join(dir, 'current'));
  };
  point('a', 'one');
  const source = { filename: join(dir, 'current', 'body'), watched_directory: { path: dir } };
  const table = await build({
    name: 'r',
    virtual_hosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: [{ ...named('followed', { prefix: '/' }), direct_response: { status: 200, body: source } }],
      },
    ],
  });
  t.teardown(() => table.release());
  const context = request('/');
  const body = (): string => {
    const route = routeOf(table, context);
    if (route.kind !== 'direct') throw new Error(route.kind);
    return route.body(context.headers, context.streamInfo as never);
  };
  point('b', 'x'.repeat(5000));
  t.equal(body(), 'one', 'what is too large leaves the last good one');
  point('c', 'three');
  await until(() => body() === 'three', 'the body follows');
});
