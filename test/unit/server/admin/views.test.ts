import t from 'tap';
import { LogLevel, logger, setLogLevel } from '../../../../src/base/logger.ts';
import { action, view } from '../../../../src/server/admin/endpoint.ts';
import { loggingEndpoints } from '../../../../src/server/admin/endpoints/logging.ts';
import { addressJson } from '../../../../src/server/admin/listeners-view.ts';
import { memoryJson } from '../../../../src/server/admin/memory.ts';
import { indexPage } from '../../../../src/server/admin/pages/index-page.ts';

t.test('addresses of /listeners', (t) => {
  t.same(addressJson('127.0.0.1:80'), { socket_address: { address: '127.0.0.1', port_value: 80 } });
  t.same(addressJson('[::1]:80'), { socket_address: { address: '::1', port_value: 80 } });
  t.same(addressJson('/run/x.sock'), { pipe: { path: '/run/x.sock' } });
  t.same(addressJson('@name'), { pipe: { path: '@name' } });
  t.end();
});

t.test('memory is text, as 64-bit numbers are in JSON', (t) => {
  for (const value of Object.values(memoryJson())) t.match(value, /^\d+$/);
  t.end();
});

t.test('/logging changes all or nothing', async (t) => {
  t.teardown(() => setLogLevel('all', LogLevel.info));
  const [endpoint] = loggingEndpoints();
  const ask = async (query: string): Promise<number> => {
    const request = {
      method: 'POST',
      target: '',
      contentType: '',
      body: Buffer.alloc(0),
    };
    const answer = await endpoint?.handle(new URLSearchParams(query), request);
    return answer?.status ?? 0;
  };
  t.equal(await ask('level=error'), 200);
  t.equal(logger('router').level, LogLevel.error);
  t.equal(await ask('router=debug'), 200);
  t.equal(logger('router').level, LogLevel.debug);
  t.equal(await ask('paths=router:info,nobody:info'), 400);
  t.equal(await ask('router=warn'), 400, 'only the command line takes the short name');
  t.equal(await ask('router=info&main=info'), 400);
  t.equal(logger('router').level, LogLevel.debug);
  t.equal(await ask('level=&paths=router:trace,main:off'), 200, 'empty fields of a form');
  t.equal(logger('router').level, LogLevel.trace);
  t.equal(logger('main').level, LogLevel.off);
});

t.test('the page escapes and posts', (t) => {
  const page = indexPage([
    view('/a', 'less < more', () => ({ status: 200, contentType: '', body: '' })),
    action('/b', 'does', () => ({ status: 200, contentType: '', body: '' }), [
      { id: 'x', kind: 'enum', help: 'h', values: ['1', '2'] },
    ]),
  ]);
  t.match(page, /less &#60; more/);
  t.match(page, /<a href="a">/);
  t.match(page, /<form method="post" action="b">/);
  t.match(page, /<option>2<\/option>/);
  t.end();
});
