// The variant in which responses are changes. The conversations are those of the real Envoy with a server that says the
// same (recorded over delta ADS).
import t from 'tap';
import { Delta } from '../../../../src/xds/protocol/delta.ts';
import type { DeltaRequest, DiscoveryUpdate } from '../../../../src/xds/protocol/messages.ts';

const [C, E] = ['cluster', 'endpoint'] as const;
const bad = { code: 13, message: 'bad' };

function update(
  typeUrl: string,
  nonce: string,
  versions: Readonly<Record<string, string>>,
  removed: readonly string[] = [],
): DiscoveryUpdate {
  const resources = Object.entries(versions).map(([name, version]) => ({ name, version, ttlMs: 0, resource: null }));
  return { typeUrl, version: '', nonce, resources, removed, controlPlane: '' };
}

function said(state: Delta): object[] {
  const requests: object[] = [];
  for (let request = state.next(); request !== null; request = state.next()) requests.push(short(request));
  return requests;
}

function short({ typeUrl, responseNonce, subscribe, unsubscribe, initialVersions, refusal }: DeltaRequest): object {
  return {
    type: typeUrl,
    ...(responseNonce === '' ? {} : { nonce: responseNonce }),
    ...(subscribe.length === 0 ? {} : { subscribe }),
    ...(unsubscribe.length === 0 ? {} : { unsubscribe }),
    ...(initialVersions.size === 0 ? {} : { here: Object.fromEntries(initialVersions) }),
    ...(refusal === null ? {} : { error: refusal.message }),
  };
}

t.test('a whole life: changes, a refusal, another stream', (t) => {
  const state = new Delta();
  state.subscribe(C, '*');
  state.onStreamOpened();
  t.same(said(state), [{ type: C }]);
  state.subscribe(E, 'a');
  state.subscribe(E, 'b');
  state.accept(update(C, 'nc1', { a: 'va1', b: 'vb1' }), true);
  t.same(said(state), [
    { type: E, subscribe: ['a', 'b'] },
    { type: C, nonce: 'nc1' },
  ]);
  state.accept(update(E, 'ne1', { a: 'ea1', b: 'eb1' }), true);
  t.same(said(state), [{ type: E, nonce: 'ne1' }]);
  state.refuse(update(C, 'nc2', { x: 'vx1', a: 'va2' }), bad, true);
  t.same(said(state), [{ type: C, nonce: 'nc2', error: 'bad' }]);
  state.subscribe(E, 'd');
  state.unsubscribe(E, 'b');
  state.accept(update(C, 'nc3', { d: 'vd1' }, ['b', 'nope']), true);
  t.same(said(state), [
    { type: E, subscribe: ['d'], unsubscribe: ['b'] },
    { type: C, nonce: 'nc3' },
  ]);
  state.accept(update(E, 'ne2', { d: 'ed1' }), true);
  t.same(said(state), [{ type: E, nonce: 'ne2' }]);
  state.onStreamClosed();
  state.onStreamOpened();
  t.same(said(state), [
    { type: C, here: { a: 'va1', d: 'vd1' } },
    { type: E, subscribe: ['a', 'd'], here: { a: 'ea1', d: 'ed1' } },
  ]);
  t.end();
});

t.test('each nonce has its answer, in order; changes go along', (t) => {
  const state = new Delta();
  state.subscribe(E, 'a');
  state.onStreamOpened();
  said(state);
  state.accept(update(E, 'n1', { a: '1' }), true);
  state.refuse(update(E, 'n2', { a: '2' }), bad, true);
  state.accept(update(E, 'n3', { a: '3' }), true);
  state.subscribe(E, 'b');
  t.same(said(state), [
    { type: E, nonce: 'n1', subscribe: ['b'] },
    { type: E, nonce: 'n2', error: 'bad' },
    { type: E, nonce: 'n3' },
  ]);
  t.end();
});

t.test('what comes and goes before it was said is not said', (t) => {
  const state = new Delta();
  state.subscribe(E, 'a');
  state.onStreamOpened();
  said(state);
  state.subscribe(E, 'b');
  state.unsubscribe(E, 'b');
  t.same(said(state), [{ type: E, unsubscribe: ['b'] }], 'letting go of a name that was never held does no harm');
  state.subscribe(C, 'x');
  state.unsubscribe(C, 'x');
  t.same(said(state), [], 'a type that the stream has not heard of');
  t.end();
});

t.test('what is not wanted any more is not told on the next stream, nor what has expired', (t) => {
  const state = new Delta();
  state.subscribe(E, 'a');
  state.subscribe(E, 'b');
  state.subscribe(E, 'c');
  state.onStreamOpened();
  said(state);
  state.accept(update(E, 'n1', { a: '1', b: '1', c: '1', unasked: '1' }), true);
  state.unsubscribe(E, 'b');
  state.expire(E, 'c');
  state.onStreamClosed();
  state.onStreamOpened();
  t.same(said(state), [{ type: E, subscribe: ['a', 'c'], here: { a: '1' } }]);
  t.end();
});

t.test('all of a type, and names besides', (t) => {
  const state = new Delta();
  state.subscribe(C, '*');
  state.onStreamOpened();
  said(state);
  state.subscribe(C, 'on-demand');
  t.same(said(state), [{ type: C, subscribe: ['on-demand'] }]);
  state.accept(update(C, 'n', { 'on-demand': '1', other: '1' }), true);
  said(state);
  state.unsubscribe(C, '*');
  t.same(said(state), [{ type: C, unsubscribe: ['*'] }]);
  state.onStreamClosed();
  state.onStreamOpened();
  t.same(said(state), [{ type: C, subscribe: ['on-demand'], here: { 'on-demand': '1' } }]);
  t.end();
});
