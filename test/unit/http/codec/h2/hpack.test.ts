// HPACK against the examples of RFC 7541 appendix C, against itself, and against what must not be taken.
import t from 'tap';
import { HpackDecoder } from '../../../../../src/http/codec/h2/hpack/decoder.ts';
import { HpackEncoder } from '../../../../../src/http/codec/h2/hpack/encoder.ts';
import { headerName } from '../../../../../src/http/headers/name.ts';
import { SeededRandom } from '../../../../support/seeded-random.ts';

interface Decoded {
  readonly error: string | null;
  readonly fields: readonly string[];
  readonly invalid: readonly string[];
}

function decode(decoder: HpackDecoder, block: Buffer | string): Decoded {
  const fields: string[] = [];
  const invalid: string[] = [];
  const bytes = typeof block === 'string' ? Buffer.from(block.replaceAll(' ', ''), 'hex') : block;
  const error = decoder.decode(bytes, {
    onHeader: ({ name }, value, valid) => {
      fields.push(`${name}: ${value}`);
      if (!valid) invalid.push(name);
    },
  });
  return { error, fields, invalid };
}

const requests = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com', 'custom-key: custom-value'],
];

t.test('requests of RFC 7541 C.3, without Huffman code', async (t) => {
  const decoder = new HpackDecoder(4096);
  const blocks = [
    '828684410f7777772e6578616d706c652e636f6d',
    '828684be58086e6f2d6361636865',
    '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
  ];
  for (const [i, block] of blocks.entries())
    t.same(decode(decoder, block), { error: null, fields: requests[i], invalid: [] });
});

t.test('the same of C.4, with it', async (t) => {
  const decoder = new HpackDecoder(4096);
  const blocks = [
    '828684418cf1e3c2e5f23a6ba0ab90f4ff',
    '828684be5886a8eb10649cbf',
    '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
  ];
  for (const [i, block] of blocks.entries())
    t.same(decode(decoder, block), { error: null, fields: requests[i], invalid: [] });
});

t.test('responses of C.6: a table of 256 octets pushes out', async (t) => {
  const decoder = new HpackDecoder(256);
  const date = (second: number): string => `date: Mon, 21 Oct 2013 20:13:${second} GMT`;
  const location = 'location: https://www.example.com';
  t.same(
    decode(
      decoder,
      '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
    ).fields,
    [':status: 302', 'cache-control: private', date(21), location],
  );
  t.same(decode(decoder, '4883640effc1c0bf').fields, [':status: 307', 'cache-control: private', date(21), location]);
  t.same(
    decode(
      decoder,
      '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ).fields,
    [
      ':status: 200',
      'cache-control: private',
      date(22),
      location,
      'content-encoding: gzip',
      'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ],
  );
});

t.test('what is no header block', async (t) => {
  const errorOf = (block: string): string | null => decode(new HpackDecoder(4096), block).error;
  t.match(errorOf('80'), /beyond the table/, 'index 0');
  t.match(errorOf('be'), /beyond the table/, 'an entry that is not there');
  t.match(errorOf('7f0000'), /beyond the table/, 'a name that is not there');
  t.match(errorOf('ff'), /ends within/);
  t.match(errorOf('ffffffffff7f'), /too large/);
  t.match(errorOf('ffffffffffffffff00'), /too large/);
  t.match(errorOf('40'), /ends within/);
  t.match(errorOf('400161'), /ends within/);
  t.match(errorOf('40016105'), /ends within/);
  t.match(errorOf('4001610361'), /ends within/);
  t.match(errorOf('4081ff0161'), /ends within|Huffman/, 'padding of eight ones');
  t.match(errorOf('400161 82ffff'), /Huffman/, 'padding of more than seven bits');
  t.match(errorOf('400161 81 18'), /Huffman/, 'padding of zeros');
  t.match(errorOf('400161 84 ffffffff'), /Huffman/, 'the end of a string within it');
  t.match(errorOf('3fe21f'), /4097 octets, 4096 are allowed/);
  t.match(errorOf('8220'), /behind fields/);
});

t.test('a smaller table must be agreed to', async (t) => {
  const decoder = new HpackDecoder(4096);
  decoder.setAllowedTableSize(0);
  t.match(decode(decoder, '82').error, /did not/);
  const other = new HpackDecoder(4096);
  other.setAllowedTableSize(100);
  t.same(decode(other, '3f45 82'), { error: null, fields: [':method: GET'], invalid: [] });
});

t.test('fields that no message may have', async (t) => {
  const invalidOf = (name: string, value: string): boolean => {
    const bytes = [0x40, name.length, ...Buffer.from(name, 'latin1'), value.length, ...Buffer.from(value, 'latin1')];
    const decoder = new HpackDecoder(4096);
    const first = decode(decoder, Buffer.from(bytes));
    t.equal(first.error, null);
    t.same(first.fields, [`${name}: ${value}`]);
    // Out of the table it is no better.
    const again = decode(decoder, 'be');
    t.same(again.invalid, first.invalid);
    return first.invalid.length > 0;
  };
  for (const name of ['a', 'a-b_c', ':path', 'x.y', '0']) t.equal(invalidOf(name, 'v'), false, name);
  for (const name of ['A', 'a b', ':nothing', 'a:', 'ä', ':Path', 'a\0', ''])
    t.equal(invalidOf(name, 'v'), true, JSON.stringify(name));
  for (const value of ['', 'a', 'a b', 'a\tb', '\xe4', '"'])
    t.equal(invalidOf('a', value), false, JSON.stringify(value));
  for (const value of [' a', 'a ', '\ta', 'a\t', 'a\nb', 'a\r', '\0', '\x7f', '\x01'])
    t.equal(invalidOf('a', value), true, JSON.stringify(value));
});

t.test('what one end writes the other reads, whatever becomes of the table', async (t) => {
  const seed = 7;
  t.comment(`seed ${seed}`);
  const random = new SeededRandom(seed);
  const below = (count: number): number => random.uint32() % count;
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder(4096);
  const names = [':path', ':method', ':status', 'cookie', 'date', 'x-request-id', 'accept', ...'abcdefghij'].map(
    headerName,
  );
  for (let round = 0; round < 5000; round++) {
    if (below(50) === 0) encoder.setMaxTableSize([0, 60, 1000, 4096, 65536][below(5)] as number);
    let block = encoder.begin();
    const fields: string[] = [];
    for (let i = below(12); i > 0; i--) {
      const name = names[below(names.length)] as (typeof names)[number];
      const value = below(3) === 0 ? `unique ${round} ${i}` : 'v'.repeat(below(6) * below(60));
      fields.push(`${name.name}: ${value}`);
      block += encoder.field(name, value);
    }
    const decoded = decode(decoder, Buffer.from(block, 'latin1'));
    if (decoded.error !== null || decoded.fields.join('\n') !== fields.join('\n')) {
      t.same(decoded, { error: null, fields, invalid: [] }, `round ${round}`);
      return;
    }
  }
  t.pass('5,000 blocks');
});

t.test('what repeats is indexed, what is new each time is not, credentials never', async (t) => {
  const encoder = new HpackEncoder();
  const [id, kind, secret] = ['x-request-id', 'x-kind', 'authorization'].map(headerName);
  if (id === undefined || kind === undefined || secret === undefined) throw new Error('three names');
  const sizes: number[] = [];
  for (let i = 0; i < 10; i++) sizes.push((encoder.begin() + encoder.field(kind, 'the same')).length);
  t.same(sizes.slice(0, 3), [17, 17, 1]);
  for (let i = 0; i < 500; i++) encoder.field(id, `id ${i}`);
  t.equal(encoder.field(kind, 'the same').length, 1, 'ids pushed nothing out');
  for (let i = 0; i < 3; i++) t.equal(encoder.field(secret, 'Bearer x').charCodeAt(0) & 0xf0, 0x10);
});

t.test('a value too long for the table leaves no trace', async (t) => {
  const encoder = new HpackEncoder();
  const name = headerName('x-odd-size');
  encoder.field(name, 'short');
  encoder.field(name, 'l'.repeat(5000));
  t.equal(encoder.field(name, 'short').charCodeAt(0), 0x40, 'the second of its kind');
});
