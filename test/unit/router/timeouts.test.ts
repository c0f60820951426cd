// The timeouts of one request: the route's, and what headers ask for.
import t from 'tap';
import { RequestHeaders } from '../../../src/http/headers/header-map.ts';
import { headerName } from '../../../src/http/headers/name.ts';
import { hasEnvoyHeader, requestTimeouts, type TimeoutSettings } from '../../../src/router/timeouts.ts';
import { buildRoutes, forwardRouteOf, forwardTo } from '../../support/route-table.ts';

const plain: TimeoutSettings = { suppressEnvoyHeaders: false, respectExpectedRequestTimeout: false };

async function timeouts(
  route: object,
  headers: Record<string, string> = {},
  settings: TimeoutSettings = plain,
): Promise<{ global: number; perTry: number; alternative: number; sent: Record<string, string> }> {
  const table = await buildRoutes([forwardTo({ prefix: '/' }, route)]);
  const found = forwardRouteOf(table);
  const map = new RequestHeaders();
  for (const [name, value] of Object.entries(headers)) map.append(headerName(name), value);
  const { globalMs, perTryMs, alternativeStatus } = requestTimeouts(map, hasEnvoyHeader(map), found, settings);
  const sent: Record<string, string> = {};
  for (let i = 0; i < map.size; i++) sent[map.nameAt(i).name] = map.valueAt(i);
  return { global: globalMs, perTry: perTryMs, alternative: alternativeStatus, sent };
}

t.test('the route’s, 15 s where it says nothing; the upstream is told', async (t) => {
  t.match(await timeouts({}), { global: 15_000, perTry: 0, sent: { 'x-envoy-expected-rq-timeout-ms': '15000' } });
  t.match(await timeouts({ timeout: '0.5s' }), { global: 500, sent: { 'x-envoy-expected-rq-timeout-ms': '500' } });
  t.same((await timeouts({ timeout: '0s' })).sent, {}, 'none');
  const retryPolicy = { retryOn: '5xx', perTryTimeout: '2s' };
  t.match(await timeouts({ retryPolicy }), {
    global: 15_000,
    perTry: 2000,
    sent: { 'x-envoy-expected-rq-timeout-ms': '2000' },
  });
});

t.test('a per-try timeout that is no shorter than the whole is none', async (t) => {
  const retryPolicy = { retryOn: '5xx', perTryTimeout: '2s' };
  t.match(await timeouts({ timeout: '2s', retryPolicy }), { global: 2000, perTry: 0 });
  t.match(await timeouts({ timeout: '0s', retryPolicy }), { global: 0, perTry: 2000 });
});

t.test('headers override, and do not go up', async (t) => {
  const headers = {
    'x-envoy-upstream-rq-timeout-ms': '700',
    'x-envoy-upstream-rq-per-try-timeout-ms': '300',
    'x-envoy-upstream-rq-timeout-alt-response': '1',
  };
  t.same(await timeouts({}, headers), {
    global: 700,
    perTry: 300,
    alternative: 204,
    sent: { 'x-envoy-expected-rq-timeout-ms': '300' },
  });
});

t.test('what is no number is passed over', async (t) => {
  for (const value of ['', 'x', '-1', '1.5', '1e3', '0x10', ' 5']) {
    t.match(await timeouts({}, { 'x-envoy-upstream-rq-timeout-ms': value }), { global: 15_000 }, JSON.stringify(value));
  }
});

t.test('an expected timeout from the proxy before us counts where it is respected', async (t) => {
  const headers = { 'x-envoy-expected-rq-timeout-ms': '400' };
  t.match(await timeouts({}, headers), { global: 15_000 });
  t.match(await timeouts({}, headers, { ...plain, respectExpectedRequestTimeout: true }), {
    global: 400,
    sent: { 'x-envoy-expected-rq-timeout-ms': '400' },
  });
  t.same((await timeouts({}, {}, { ...plain, suppressEnvoyHeaders: true })).sent, {});
});
