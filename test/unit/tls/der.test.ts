// Times in DER.
import t from 'tap';
import { Tag, timeOf } from '../../../src/tls/sockets/der.ts';

const time = (tag: number, text: string): number =>
  timeOf({ tag, content: Buffer.from(text), whole: Buffer.from(text) });

t.test('times of both forms', async (t) => {
  t.equal(time(Tag.UtcTime, '491231235959Z'), Date.parse('2049-12-31T23:59:59Z'));
  t.equal(time(Tag.UtcTime, '500101000000Z'), Date.parse('1950-01-01T00:00:00Z'));
  t.equal(time(Tag.GeneralizedTime, '20500101000000Z'), Date.parse('2050-01-01T00:00:00Z'));
});

t.test('what is no time', async (t) => {
  for (const text of ['', '20200101', '20201301000000Z', '20200101000000+0100', '202001010000Z', 'x']) {
    t.throws(() => time(Tag.GeneralizedTime, text), { message: /cannot be read/ }, text);
  }
});
