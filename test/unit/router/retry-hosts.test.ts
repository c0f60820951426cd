// Which hosts another attempt avoids.
import t from 'tap';
import { ipAddress } from '../../../src/base/address.ts';
import { OmitHostMetadata, omitCanaryHosts, previousHosts } from '../../../src/router/retry-hosts.ts';
import type { Host } from '../../../src/upstream/api.ts';

function host(port: number, more: Partial<Host> = {}): Host {
  return { address: ipAddress('10.0.0.1', port), canary: false, metadata: {}, ...more } as Host;
}

t.test('previous_hosts goes by address', (t) => {
  t.ok(previousHosts.omits(host(1), [host(2), host(1)]));
  t.notOk(previousHosts.omits(host(3), [host(2), host(1)]));
  t.end();
});

t.test('omit_canary_hosts', (t) => {
  t.ok(omitCanaryHosts.omits(host(1, { canary: true }), []));
  t.notOk(omitCanaryHosts.omits(host(1), []));
  t.end();
});

t.test('omit_host_metadata wants all values; none omits nothing', (t) => {
  const predicate = new OmitHostMetadata({ old: true, zone: 'a' });
  t.ok(predicate.omits(host(1, { metadata: { 'envoy.lb': { old: true, zone: 'a', more: 1 } } })));
  t.notOk(predicate.omits(host(1, { metadata: { 'envoy.lb': { old: true } } })));
  t.notOk(predicate.omits(host(1)));
  t.notOk(new OmitHostMetadata({}).omits(host(1, { metadata: { 'envoy.lb': {} } })));
  t.end();
});
