// When another attempt is made. Answers marked so were asked of the real Envoy 1.40.
import t from 'tap';
import { ResetReason } from '../../../src/http/codec/api.ts';
import { RequestHeaders, ResponseHeaders } from '../../../src/http/headers/header-map.ts';
import { headerName, Names } from '../../../src/http/headers/name.ts';
import type { RetryPolicy } from '../../../src/router/api.ts';
import { isIdempotent } from '../../../src/router/replay.ts';
import { parsePolicyRetryOn, parseRetryOn, RetryOn } from '../../../src/router/retry-on.ts';
import { type RetryState, retryStateFor } from '../../../src/router/retry-state.ts';

function policy(retryOn: string, more: Partial<RetryPolicy> = {}): RetryPolicy {
  return {
    retryOn: parsePolicyRetryOn(retryOn),
    numRetries: 1,
    perTryTimeoutMs: 0,
    perTryIdleTimeoutMs: 0,
    retriableStatusCodes: [],
    retriableHeaders: [],
    retriableRequestHeaders: [],
    hostPredicates: [],
    hostSelectionAttempts: 1,
    retryPriority: null,
    refreshesCluster: false,
    rateLimitedBackOff: null,
    backOffBaseMs: 25,
    backOffMaxMs: 250,
    ...more,
  };
}

function stateOf(retryOn: string, more: Partial<RetryPolicy> = {}): RetryState {
  const state = retryStateFor(new RequestHeaders(), false, policy(retryOn, more));
  if (state === null) throw new Error(`no retries for ${retryOn}`);
  return state;
}

function response(status: number, ...names: string[]): ResponseHeaders {
  const headers = new ResponseHeaders(status);
  for (const name of names) headers.append(headerName(name), 'true');
  return headers;
}

t.test('statuses by condition', (t) => {
  for (const [on, yes, no] of [
    ['5xx', [500, 503, 599], [200, 409, 499]],
    ['gateway-error', [502, 503, 504], [500, 501, 505]],
    ['retriable-4xx', [409], [400, 404, 429]],
    ['reset', [], [500, 503, 409]],
    ['connect-failure', [], [503]],
  ] as const) {
    for (const status of yes) t.ok(stateOf(on).wantsStatus(response(status)), `${on}: ${status}`);
    for (const status of no) t.notOk(stateOf(on).wantsStatus(response(status)), `${on}: not ${status}`);
  }
  const codes = stateOf('retriable-status-codes', { retriableStatusCodes: [418] });
  t.ok(codes.wantsStatus(response(418)));
  t.notOk(codes.wantsStatus(response(419)));
  t.notOk(stateOf('5xx', { retriableStatusCodes: [418] }).wantsStatus(response(418)), 'codes need their condition');
  t.end();
});

t.test('x-envoy-ratelimited is retried by its own condition alone (asked of Envoy)', (t) => {
  t.notOk(stateOf('5xx').wantsStatus(response(503, 'x-envoy-ratelimited')));
  t.ok(stateOf('5xx,envoy-ratelimited').wantsStatus(response(503, 'x-envoy-ratelimited')));
  t.ok(stateOf('envoy-ratelimited').wantsStatus(response(200, 'x-envoy-ratelimited')));
  t.notOk(stateOf('envoy-ratelimited').wantsStatus(response(503, 'x-envoy-overloaded')));
  t.ok(stateOf('5xx').wantsStatus(response(503, 'x-envoy-overloaded')));
  t.end();
});

t.test('resets by condition', (t) => {
  const connect = [
    ResetReason.LocalConnectionFailure,
    ResetReason.RemoteConnectionFailure,
    ResetReason.ConnectionTimeout,
  ];
  for (const reason of connect) {
    t.ok(stateOf('connect-failure').wantsReset(reason, false));
    t.notOk(stateOf('refused-stream').wantsReset(reason, false));
  }
  t.notOk(stateOf('connect-failure').wantsReset(ResetReason.ConnectionTermination, true));
  for (const on of ['reset', '5xx', 'gateway-error']) {
    t.ok(stateOf(on).wantsReset(ResetReason.ConnectionTermination, true), on);
    t.notOk(stateOf(on).wantsReset(ResetReason.Overflow, false), `${on}: a full breaker is not hammered`);
  }
  t.ok(stateOf('refused-stream').wantsReset(ResetReason.RemoteRefusedStreamReset, true));
  t.ok(stateOf('reset-before-request').wantsReset(ResetReason.ConnectionTermination, false));
  t.notOk(stateOf('reset-before-request').wantsReset(ResetReason.ConnectionTermination, true));
  t.end();
});

t.test('per-try timeouts', (t) => {
  for (const on of ['5xx', 'gateway-error', 'reset']) t.ok(stateOf(on).wantsPerTryTimeout(), on);
  for (const on of ['connect-failure', 'retriable-4xx', 'refused-stream'])
    t.notOk(stateOf(on).wantsPerTryTimeout(), on);
  t.end();
});

t.test('the number of attempts and the back-off, which grows to its ceiling', (t) => {
  const state = stateOf('5xx', { numRetries: 5 });
  const almostOne = 0.9999;
  t.equal(state.exhausted, false);
  t.same(
    [1, 2, 3, 4, 5].map(() => state.take(almostOne)),
    [24, 74, 174, 249, 249],
    '(2^n - 1) times the base, 250 at most',
  );
  t.equal(state.exhausted, true);
  t.equal(state.attempts, 5);
  t.equal(stateOf('5xx').take(0), 0, 'full jitter');
  t.end();
});

t.test('the request may ask for itself, and its headers do not go up', (t) => {
  const headers = new RequestHeaders();
  headers.append(Names.xEnvoyRetryOn, 'reset, nonsense ,5xx');
  headers.append(Names.xEnvoyMaxRetries, '3');
  const state = retryStateFor(headers, true, null);
  t.ok(state?.wantsStatus(response(500)));
  t.ok(state?.wantsReset(ResetReason.RemoteReset, true));
  for (let i = 0; i < 3; i++) {
    t.equal(state?.exhausted, false);
    state?.take(0);
  }
  t.equal(state?.exhausted, true);
  t.equal(headers.size, 0);
  t.end();
});

t.test('nobody asks, or asks for none', (t) => {
  t.equal(retryStateFor(new RequestHeaders(), false, null), null);
  t.equal(retryStateFor(new RequestHeaders(), false, policy('')), null);
  t.equal(
    retryStateFor(new RequestHeaders(), false, policy('5xx', { numRetries: 0 }))?.exhausted,
    true,
    'asked of Envoy',
  );
  const headers = new RequestHeaders();
  headers.append(Names.xEnvoyMaxRetries, '0');
  t.equal(retryStateFor(headers, true, policy('5xx'))?.exhausted, true);
  const odd = new RequestHeaders();
  odd.append(Names.xEnvoyMaxRetries, '1e9');
  t.equal(retryStateFor(odd, true, policy('5xx', { numRetries: 1 }))?.exhausted, false);
  t.end();
});

t.test('methods that may be sent twice', (t) => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']) t.ok(isIdempotent(method), method);
  for (const method of ['POST', 'PATCH', 'CONNECT', 'get', '']) t.notOk(isIdempotent(method), method);
  t.equal(parseRetryOn('5xx,gateway-error'), RetryOn.FiveXx | RetryOn.GatewayError);
  t.end();
});

t.test('what the request names besides the policy', (t) => {
  const headers = new RequestHeaders();
  headers.append(Names.xEnvoyRetryOn, 'retriable-status-codes,retriable-headers');
  headers.append(Names.xEnvoyRetryGrpcOn, 'unavailable');
  headers.append(Names.xEnvoyRetriableStatusCodes, '400, 404,x');
  headers.append(Names.xEnvoyRetriableHeaderNames, 'x-one, X-Two');
  const state = retryStateFor(headers, true, null);
  t.ok(state?.wantsStatus(response(404)));
  t.notOk(state?.wantsStatus(response(403)));
  t.ok(state?.wantsStatus(response(200, 'x-two')));
  const grpc = new ResponseHeaders(200);
  grpc.append(Names.grpcStatus, '14');
  t.ok(state?.wantsStatus(grpc));
  t.equal(headers.size, 0);
  t.end();
});

t.test('a response that says when to come again', (t) => {
  const state = stateOf('5xx', {
    rateLimitedBackOff: {
      maxMs: 10_000,
      headers: [
        { name: headerName('x-reset'), isTimestamp: true },
        { name: headerName('retry-after'), isTimestamp: false },
      ],
    },
  });
  const asks = (name: string, value: string): number => {
    const headers = new ResponseHeaders(503);
    headers.append(headerName(name), value);
    state.noteResponse(headers, 1_000_500);
    return state.take(0.5);
  };
  t.equal(asks('retry-after', '2'), 2500, 'at least that, up to half more');
  t.equal(asks('x-reset', '1004'), 5000);
  t.ok(asks('retry-after', '11') < 1000, 'beyond the limit');
  t.ok(asks('x-reset', '999') < 1000, 'in the past');
  t.ok(asks('retry-after', 'soon') < 1000);
  t.end();
});
