// The variant in which each response is the whole state of a type. The conversations are those of the real Envoy with a
// server that says the same (recorded over ADS).
import t from 'tap';
import type { DiscoveryUpdate, StateRequest } from '../../../../src/xds/protocol/messages.ts';
import { StateOfTheWorld } from '../../../../src/xds/protocol/state-of-the-world.ts';

const [C, E, L, R] = ['cluster', 'endpoint', 'listener', 'route'] as const;

function update(typeUrl: string, version: string, nonce: string): DiscoveryUpdate {
  return { typeUrl, version, nonce, resources: [], removed: [], controlPlane: '' };
}

/** As short as it can be read: what is not the default. */
function said(state: StateOfTheWorld): object[] {
  const requests: object[] = [];
  for (let request = state.next(); request !== null; request = state.next()) requests.push(short(request));
  return requests;
}

function short({ typeUrl, versionInfo, responseNonce, resourceNames, refusal }: StateRequest): object {
  return {
    type: typeUrl,
    ...(versionInfo === '' ? {} : { version: versionInfo }),
    ...(responseNonce === '' ? {} : { nonce: responseNonce }),
    ...(resourceNames.length === 0 ? {} : { names: resourceNames }),
    ...(refusal === null ? {} : { error: refusal.message }),
  };
}

const bad = { code: 13, message: 'bad' };

t.test('a start: clusters, their endpoints, listeners, their routes', (t) => {
  const state = new StateOfTheWorld();
  state.subscribe(C, '*');
  t.same(said(state), [], 'nobody to say it to');
  state.onStreamOpened();
  t.same(said(state), [{ type: C }]);
  // While the clusters are applied their endpoints are asked for; then they are acknowledged.
  state.subscribe(E, 'a');
  state.subscribe(E, 'b');
  state.accept(update(C, 'c1', 'nc1'), true);
  t.same(said(state), [
    { type: E, names: ['a', 'b'] },
    { type: C, version: 'c1', nonce: 'nc1' },
  ]);
  state.accept(update(E, 'e1', 'ne1'), true);
  state.subscribe(L, '*');
  t.same(said(state), [{ type: E, version: 'e1', nonce: 'ne1', names: ['a', 'b'] }, { type: L }]);
  state.subscribe(R, 'route1');
  state.accept(update(L, 'l1', 'nl1'), true);
  t.same(said(state), [
    { type: R, names: ['route1'] },
    { type: L, version: 'l1', nonce: 'nl1' },
  ]);
  t.end();
});

t.test('a refusal repeats the version in force, and is said once', (t) => {
  const state = new StateOfTheWorld();
  state.subscribe(C, '*');
  state.onStreamOpened();
  said(state);
  state.accept(update(C, 'c1', 'nc1'), true);
  said(state);
  state.refuse(update(C, 'c2', 'nc2'), bad, true);
  t.same(said(state), [{ type: C, version: 'c1', nonce: 'nc2', error: 'bad' }]);
  state.accept(update(C, 'c3', 'nc3'), true);
  t.same(said(state), [{ type: C, version: 'c3', nonce: 'nc3' }]);
  t.end();
});

t.test('a refusal of the first', (t) => {
  const state = new StateOfTheWorld();
  state.subscribe(C, '*');
  state.onStreamOpened();
  said(state);
  state.refuse(update(C, 'c1', 'nc1'), bad, true);
  t.same(said(state), [{ type: C, nonce: 'nc1', error: 'bad' }]);
  t.end();
});

t.test('names change with the last version and nonce; each name counts its users', (t) => {
  const state = new StateOfTheWorld();
  state.subscribe(E, 'a');
  state.onStreamOpened();
  said(state);
  state.accept(update(E, 'e1', 'ne1'), true);
  said(state);
  state.subscribe(E, 'd');
  state.subscribe(E, 'd');
  t.same(said(state), [{ type: E, version: 'e1', nonce: 'ne1', names: ['a', 'd'] }]);
  state.unsubscribe(E, 'd');
  t.same(said(state), [], 'somebody else wants it');
  state.unsubscribe(E, 'd');
  state.unsubscribe(E, 'd');
  t.same(said(state), [{ type: E, version: 'e1', nonce: 'ne1', names: ['a'] }]);
  state.unsubscribe(E, 'a');
  t.same(said(state), [{ type: E, version: 'e1', nonce: 'ne1' }], 'nothing is wanted any more');
  t.notOk(state.wants(E));
  t.end();
});

t.test('all of a type, and names besides', (t) => {
  const state = new StateOfTheWorld();
  state.subscribe(C, '*');
  state.onStreamOpened();
  said(state);
  state.subscribe(C, 'on-demand');
  t.same(said(state), [{ type: C, names: ['*', 'on-demand'] }]);
  state.unsubscribe(C, 'on-demand');
  t.same(said(state), [{ type: C }]);
  state.unsubscribe(C, '*');
  t.same(said(state), [], 'an empty list would ask for all of them');
  t.end();
});

t.test('another stream: versions stay, nonces do not', (t) => {
  const state = new StateOfTheWorld();
  state.subscribe(C, '*');
  state.subscribe(E, 'a');
  state.subscribe(R, 'gone');
  state.onStreamOpened();
  said(state);
  state.accept(update(C, 'c1', 'nc1'), true);
  state.accept(update(E, 'e1', 'ne1'), true);
  state.unsubscribe(R, 'gone');
  state.onStreamClosed();
  t.same(said(state), []);
  state.subscribe(E, 'd');
  state.onStreamOpened();
  t.same(said(state), [
    { type: C, version: 'c1' },
    { type: E, version: 'e1', names: ['a', 'd'] },
  ]);
  state.accept(update(C, 'c2', 'nc2'), false);
  t.same(said(state), [], 'what came on the old stream is in force, and answered to nobody');
  state.subscribe(C, 'x');
  t.same(said(state), [{ type: C, version: 'c2', names: ['*', 'x'] }]);
  t.end();
});

t.test('a type that pauses says nothing until it resumes', (t) => {
  const state = new StateOfTheWorld();
  state.subscribe(C, '*');
  state.onStreamOpened();
  said(state);
  state.pause(C);
  state.pause(C);
  state.accept(update(C, 'c1', 'nc1'), true);
  state.subscribe(E, 'a');
  t.same(said(state), [{ type: E, names: ['a'] }]);
  state.resume(C);
  t.same(said(state), []);
  t.equal(state.pending, 1);
  state.resume(C);
  t.same(said(state), [{ type: C, version: 'c1', nonce: 'nc1' }]);
  t.end();
});
