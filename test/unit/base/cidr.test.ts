import t from 'tap';
import { addressBits, cidrRange, isLoopback } from '../../../src/base/cidr.ts';

t.test('ranges hold what begins with their bits', (t) => {
  for (const [prefix, length, inside, outside] of [
    ['10.0.0.0', 8, ['10.0.0.0', '10.255.255.255'], ['11.0.0.0', '9.255.255.255', '::a00:1']],
    ['10.1.2.3', 32, ['10.1.2.3'], ['10.1.2.2', '10.1.2.4']],
    ['10.1.2.3', 24, ['10.1.2.0', '10.1.2.255'], ['10.1.3.0']],
    ['128.0.0.0', 1, ['255.255.255.255'], ['127.255.255.255']],
    ['0.0.0.0', 0, ['1.2.3.4'], ['::1']],
    ['2001:db8::', 32, ['2001:db8::1', '2001:DB8:ffff::'], ['2001:db9::', '32.1.13.184']],
    ['::', 0, ['::1', 'ffff::'], ['1.2.3.4']],
    ['::1', 128, ['::1', '0:0:0:0:0:0:0:1'], ['::2', '::']],
    ['fe80::', 10, ['fe80::1%eth0', 'febf::'], ['fec0::']],
    ['::ffff:10.0.0.0', 104, ['::ffff:10.1.2.3', '::ffff:a01:203'], ['::ffff:11.0.0.0']],
  ] as const) {
    const range = cidrRange(prefix, length);
    for (const address of inside) t.equal(range?.contains(address), true, `${prefix}/${length} has ${address}`);
    for (const address of outside) t.equal(range?.contains(address), false, `${prefix}/${length} has not ${address}`);
  }
  t.end();
});

t.test('what is no range', (t) => {
  for (const [prefix, length] of [
    ['', 0],
    ['10.0.0', 8],
    ['10.0.0.256', 8],
    ['10.0.0.0', 33],
    ['10.0.0.0', -1],
    ['::', 129],
    ['example.com', 8],
  ] as const) {
    t.equal(cidrRange(prefix, length), null, `${prefix}/${length}`);
  }
  t.equal(cidrRange('10.0.0.0', 8)?.contains('not an address'), false);
  t.end();
});

t.test('addresses as numbers, and loopback', (t) => {
  t.equal(addressBits('1.2.3.4'), 0x01020304n);
  t.equal(addressBits('::'), 0n);
  t.equal(addressBits('1::'), 1n << 112n);
  t.equal(addressBits('1:2:3:4:5:6:7:8'), 0x00010002000300040005000600070008n);
  t.equal(addressBits('x'), null);
  for (const address of ['127.0.0.1', '127.255.0.1', '::1', '::ffff:127.0.0.1']) t.ok(isLoopback(address), address);
  for (const address of ['128.0.0.1', '::2', '1.127.0.0']) t.notOk(isLoopback(address), address);
  t.end();
});
