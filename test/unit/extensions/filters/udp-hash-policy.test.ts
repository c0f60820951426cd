import t from 'tap';
import { hashOf } from '../../../../src/extensions/filters/udp/udp-proxy/hash-policy.ts';

t.test('a session is hashed by its source address or by a fixed text', async (t) => {
  const byKey = { kind: 'key', key: 'some-key' } as const;
  const bySource = { kind: 'source-ip' } as const;
  t.equal(hashOf(byKey, '10.0.0.1'), hashOf(byKey, '10.0.0.2'));
  t.not(hashOf(bySource, '10.0.0.1'), hashOf(bySource, '10.0.0.2'));
  t.equal(hashOf(bySource, 'some-key'), hashOf(byKey, ''));
});
