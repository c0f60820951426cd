// Addresses with a port as headers, metadata and filter state bring them.
import t from 'tap';
import { addressAndPort } from '../../../src/base/address-and-port.ts';

t.test('addresses', (t) => {
  for (const [text, wanted] of [
    ['1.2.3.4:80', '1.2.3.4:80'],
    ['1.2.3.4:00080', '1.2.3.4:80'],
    ['1.2.3.4: 80 ', '1.2.3.4:80'],
    ['1.2.3.4:0', '1.2.3.4:0'],
    ['[::1]:65535', '[::1]:65535'],
    ['[0:0:0:0:0:0:0:1]:80', '[::1]:80'],
    ['[FD00::00A]:80', '[fd00::a]:80'],
  ] as const) {
    t.equal(addressAndPort(text)?.text, wanted, text);
  }
  for (const text of [
    '',
    '1.2.3.4',
    '1.2.3.4:',
    '1.2.3.4:65536',
    '1.2.3:80',
    '1.2.3.4.5:80',
    '256.1.1.1:80',
    '::1:80',
    '[1.2.3.4]:80',
    '[::1]',
    '[:::1]:80',
    'a:80',
    '1.2.3.4:8a',
    '1.2.3.4:-1',
  ]) {
    t.equal(addressAndPort(text), null, text);
  }
  t.end();
});
