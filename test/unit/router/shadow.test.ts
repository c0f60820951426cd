// A copy of a request never holds the request up: where its upstream does not keep up it is given up.
import t from 'tap';
import { ipAddress } from '../../../src/base/address.ts';
import { TimeoutPool } from '../../../src/base/lazy-timeout.ts';
import { Protocol } from '../../../src/http/codec/api.ts';
import { RequestHeaders } from '../../../src/http/headers/header-map.ts';
import type { RouterConfig } from '../../../src/router/config-types.ts';
import { Shadow } from '../../../src/router/shadow.ts';
import type { Cluster, Host } from '../../../src/upstream/api.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeTimers } from '../../support/fake-timers.ts';

/** A cluster whose connections never come, and how often a wait for one was given up. */
function neverConnects(): { cluster: Cluster; cancelled: () => number } {
  let cancelled = 0;
  const host = { address: ipAddress('10.0.0.1', 80), stats: {} } as Host;
  const pool = { newStream: () => ({ cancel: () => cancelled++ }) };
  const info = { expectedNames: null };
  const cluster = { info, chooseHost: () => host, httpPool: () => pool } as unknown as Cluster;
  return { cluster, cancelled: () => cancelled };
}

function shadow(cluster: Cluster): Shadow {
  const clock = new FakeClock();
  const config = {
    timeouts: new TimeoutPool(clock, new FakeTimers(clock)),
    attemptLog: { logs: [], onConnection: false, flushIntervalMs: 0 },
  } as unknown as RouterConfig;
  const headers = new RequestHeaders();
  return new Shadow({
    config,
    cluster,
    headers,
    metadataMatch: null,
    priority: 0,
    protocol: Protocol.Http11,
    bufferLimit: 10,
    timeoutMs: 0,
  });
}

t.test('what waits is bounded', (t) => {
  const { cluster, cancelled } = neverConnects();
  const copy = shadow(cluster);
  copy.start(false);
  copy.sendData(Buffer.alloc(10), false);
  copy.sendData(Buffer.alloc(1), false);
  t.equal(cancelled(), 0);
  copy.sendData(Buffer.alloc(1), false);
  t.equal(cancelled(), 1, 'given up');
  copy.sendData(Buffer.alloc(100), true);
  t.equal(cancelled(), 1);
  t.end();
});

t.test('half a request goes with the client; a whole one stays', (t) => {
  const half = neverConnects();
  const copy = shadow(half.cluster);
  copy.start(false);
  copy.onRequestGone();
  t.equal(half.cancelled(), 1);
  const whole = neverConnects();
  const other = shadow(whole.cluster);
  other.start(true);
  other.onRequestGone();
  t.equal(whole.cancelled(), 0);
  t.end();
});
