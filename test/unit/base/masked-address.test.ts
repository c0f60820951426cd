// Addresses with their last bits cleared, as rate limits and logs name them.
import t from 'tap';
import { maskedAddress } from '../../../src/base/cidr.ts';

t.test('masked addresses', async (t) => {
  for (const [address, length, expected] of [
    ['10.1.2.3', 32, '10.1.2.3/32'],
    ['10.1.2.3', 0, '0.0.0.0/0'],
    ['255.255.255.255', 17, '255.255.128.0/17'],
    ['2001:db8:0:1::5', 48, '2001:db8::/48'],
    ['2001:db8:0:1:0:0:2:5', 128, '2001:db8:0:1::2:5/128'],
    ['2001:0:0:1:0:0:0:5', 128, '2001:0:0:1::5/128'],
    ['1:2:3:4:5:6:7:8', 128, '1:2:3:4:5:6:7:8/128'],
    ['1:0:3:4:5:6:7:8', 128, '1:0:3:4:5:6:7:8/128'],
    ['::1', 128, '::1/128'],
    ['::1', 64, '::/64'],
  ] as const) {
    t.equal(maskedAddress(address, length), expected);
  }
});
