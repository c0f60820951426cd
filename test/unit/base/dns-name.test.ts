// DNS names of certificates against names that are asked for (RFC 6125).
import t from 'tap';
import { dnsNameMatches } from '../../../src/base/dns-name.ts';

t.test('wildcards stand in the first label, for one label', (t) => {
  for (const [name, pattern, matches] of [
    ['a.test', 'a.test', true],
    ['A.test', 'a.TEST', true],
    ['a.test', 'b.test', false],
    ['a.wild.test', '*.wild.test', true],
    ['a.b.wild.test', '*.wild.test', false],
    ['wild.test', '*.wild.test', false],
    ['abc.test', 'a*c.test', true],
    ['ac.test', 'a*c.test', true],
    ['a.test', 'a*a.test', false],
    ['a.b.test', 'a.*.test', false],
    ['a.test', '*', false],
    ['aa.test', '**.test', false],
    ['xn--a.test', 'xn--*.test', false],
    ['', '', true],
  ] as const) {
    t.equal(dnsNameMatches(name, pattern), matches, `${name} ${pattern}`);
  }
  t.end();
});
