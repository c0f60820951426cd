// PROXY headers that come byte by byte, and random ones: the scenarios of the suite proxy-protocol show what each means.
import t from 'tap';
import { readProxyHeader } from '../../../../src/extensions/filters/listener/proxy-protocol/header.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';

const signature = '\r\n\r\n\0\r\nQUIT\n';
const version2 = `${signature}\x21\x11\x00\x11\x0a\x00\x00\x01\x0a\x00\x00\x02\x00\x50\x01\xbb\x02\x00\x02hi`;
const headers = ['PROXY TCP4 10.0.0.1 10.0.0.2 80 443\r\n', 'PROXY UNKNOWN\r\n', version2, `${signature}\x20\0\0\0`];

t.test('byte by byte a header is waited for to its last byte', (t) => {
  for (const text of headers) {
    const bytes = Buffer.from(`${text}GET /`, 'latin1');
    for (let length = 1; length < text.length; length++) {
      const result = readProxyHeader(bytes.subarray(0, length));
      if (result !== 'more') t.fail(`${length} bytes of ${JSON.stringify(text)}: ${JSON.stringify(result)}`);
    }
    const whole = readProxyHeader(bytes);
    t.equal(typeof whole === 'object' && whole.length, text.length);
  }
  t.end();
});

t.test('addresses and values', (t) => {
  const header = readProxyHeader(Buffer.from(version2, 'latin1'));
  t.match(header, { addresses: { source: { text: '10.0.0.1:80' }, destination: { text: '10.0.0.2:443' } } });
  t.match(header, { values: [{ type: 2, value: Buffer.from('hi') }] });
  t.end();
});

t.test('whatever comes, there is an answer', (t) => {
  const random = new SeededRandom(5);
  for (let round = 0; round < 20_000; round++) {
    const bytes = Buffer.from(headers[round % headers.length] as string, 'latin1');
    const broken = Buffer.concat([bytes, Buffer.alloc(4)]);
    for (let i = 0; i < 2; i++) broken[random.uint32() % broken.length] = random.uint32() % 256;
    const result = readProxyHeader(broken);
    if (typeof result === 'object' && result.length > broken.length) t.fail('longer than what came');
  }
  t.end();
});
