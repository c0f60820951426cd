import t from 'tap';
import { systemRandom } from '../../../src/base/random.ts';

t.test('a UUID is version 4, variant 1, in lower case (RFC 9562 section 5.4), and never the one before', async (t) => {
  const seen = new Set<string>();
  const digits = new Set<string>();
  for (let i = 0; i < 1_000; i++) {
    const uuid = systemRandom.uuid();
    if (!/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid)) t.fail(uuid);
    seen.add(uuid);
    for (const [at, digit] of [...uuid].entries()) digits.add(`${at}${digit}`);
  }
  t.equal(seen.size, 1_000);
  // Every digit at every free place: 30 × 16, 4 of the variant, the version and the four hyphens.
  t.equal(digits.size, 30 * 16 + 4 + 1 + 4);
});
