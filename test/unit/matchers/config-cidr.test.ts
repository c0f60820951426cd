// Ranges of addresses in configuration: what Envoy takes is taken.
import t from 'tap';
import { ConfigContext } from '../../../src/config/api.ts';
import { cidrOf, readAddressRange, readCidr } from '../../../src/matchers/api.ts';

t.test('a prefix longer than the address is all of it', (t) => {
  const context = new ConfigContext();
  for (const [addressPrefix, prefixLen, inside, outside] of [
    ['10.0.0.1', 33, '10.0.0.1', '10.0.0.0'],
    ['10.0.0.1', 128, '10.0.0.1', '10.0.0.0'],
    ['::1', 200, '::1', '::'],
  ] as const) {
    const range = readCidr({ addressPrefix, prefixLen }, context);
    t.equal(range?.contains(inside), true);
    t.equal(range?.contains(outside), false);
    t.equal(readAddressRange({ addressPrefix, prefixLen }, context)?.length, addressPrefix.includes(':') ? 128 : 32);
  }
  t.equal(context.errorCount, 0);
  t.end();
});

t.test('no length is a length of 0, and what is no address is refused', (t) => {
  const context = new ConfigContext();
  t.equal(readCidr({ addressPrefix: '10.0.0.1' }, context)?.contains('192.168.0.1'), true);
  t.equal(cidrOf({ addressPrefix: '10.0.0', prefixLen: 8 }), null);
  t.equal(context.errorCount, 0, 'cidrOf only says so');
  t.equal(readCidr({ addressPrefix: '10.0.0', prefixLen: 8 }, context), undefined);
  t.equal(readAddressRange({ addressPrefix: 'example.com', prefixLen: 8 }, context), undefined);
  t.equal(context.errorCount, 2);
  t.end();
});
