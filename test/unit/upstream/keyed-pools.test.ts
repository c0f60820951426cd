// Pools of streams that share no connection with others: by what they ask of it, and gone when it is.
import t from 'tap';
import { FilterStateText } from '../../../src/observability/api.ts';
import type { StreamInfo } from '../../../src/observability/stream-info.ts';
import {
  FilterStateList,
  serverNameKey,
  streamTransportOptions,
  subjectAltNamesKey,
} from '../../../src/upstream/api.ts';
import type { UpstreamHost } from '../../../src/upstream/host.ts';
import { request } from '../../support/route-table.ts';
import { ok, PoolFixture, TestRequest } from './pool-fixture.ts';
import { defaultBreaker } from './support.ts';

const streamInfo = (): StreamInfo => request().streamInfo as StreamInfo;

/** A request whose server name is `name`. */
function ask(f: PoolFixture, name: string): TestRequest {
  const info = streamInfo();
  info.setFilterState(serverNameKey, new FilterStateText(name));
  const request = new TestRequest();
  const pool = f.cluster.httpPool(f.host, 0, 1, streamTransportOptions(info));
  request.waiting = pool?.newStream(request, request) ?? null;
  return request;
}

t.test('streams share connections by what they ask of them, in whatever case', async (t) => {
  const f = new PoolFixture();
  ask(f, 'a.test');
  f.last.accept();
  f.last.receive(ok);
  ask(f, 'A.test');
  t.equal(f.connections.length, 1);
  f.last.receive(ok);
  ask(f, 'b.test');
  t.equal(f.connections.length, 2);
  t.same(
    f.options.map(({ transportOptions }) => transportOptions?.streams?.serverName),
    ['a.test', 'b.test'],
  );
});

t.test('nothing is left of a name when its last connection has gone', async (t) => {
  const f = new PoolFixture();
  const host = f.host as UpstreamHost;
  for (let i = 0; i < 100; i++) {
    ask(f, `name-${i}.test`);
    f.last.accept();
    f.last.receive('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  }
  t.equal(f.connections.length, 100);
  t.equal(host.pools.size, 1, 'that of requests without a name');
  t.equal(f.stats()['upstream_cx_active'], undefined);
});

t.test('a request that is refused leaves no pool', async (t) => {
  const f = new PoolFixture({ circuitBreakers: [{ ...defaultBreaker, maxPendingRequests: 0 }, defaultBreaker] });
  const host = f.host as UpstreamHost;
  for (let i = 0; i < 10; i++) t.not(ask(f, `name-${i}.test`).failure, null);
  t.equal(host.pools.size, 1);
});

t.test('a host that goes takes them along', async (t) => {
  const f = new PoolFixture();
  ask(f, 'a.test');
  f.last.accept();
  f.last.receive(ok);
  f.cluster.remove();
  t.equal(f.last.closed, true);
  t.equal((f.host as UpstreamHost).pools.size, 1);
});

t.test('what keeps streams apart', async (t) => {
  const key = (write: (info: StreamInfo) => void): string => {
    const info = streamInfo();
    write(info);
    return streamTransportOptions(info)?.key ?? 'nothing asked';
  };
  const hashed = (text: string) => ({ text, json: text, connectionKey: text });
  t.equal(
    key(() => undefined),
    'nothing asked',
  );
  t.equal(
    key((info) => info.setFilterState('k', hashed('a'))),
    'nothing asked',
    'it is not shared',
  );
  t.equal(
    key((info) => info.setFilterState('k', new FilterStateText('a'), true)),
    '',
    'it makes no difference',
  );
  const one = key((info) => {
    info.setFilterState('k', hashed('a'), true);
    info.setFilterState('l', hashed('b'), true);
  });
  const turned = key((info) => {
    info.setFilterState('l', hashed('b'), true);
    info.setFilterState('k', hashed('a'), true);
  });
  const swapped = key((info) => {
    info.setFilterState('k', hashed('b'), true);
    info.setFilterState('l', hashed('a'), true);
  });
  t.equal(one, turned, 'in whatever order they were set');
  t.not(one, swapped);
  const named = (name: string): string =>
    key((info) => info.setFilterState(subjectAltNamesKey, new FilterStateList([name], true)));
  t.equal(named('A.test'), named('a.test'));
  t.not(named('spiffe://a/B'), named('spiffe://a/b'), 'only DNS names are alike in whatever case');
});
