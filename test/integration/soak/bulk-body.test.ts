import t from 'tap';
import { allowedGrowth, soakBulk } from './bulk-body.ts';

t.test('a body past a reader that stands still is held to the watermarks', async (t) => {
  const bytes = 64 << 20;
  const bufferLimit = 1 << 20;
  const reports = await soakBulk({ proxy: 'remora', bytes, standstills: 4, bufferLimit });
  for (const { direction, framing, received, before, highest } of reports) {
    t.equal(received, bytes, `${direction}, ${framing}: every byte arrived in its place`);
    const growth = highest - before;
    t.ok(growth <= allowedGrowth(bufferLimit), `${direction}, ${framing}: anonymous memory grew by ${growth} bytes`);
  }
});
