import t from 'tap';
import { allowedHttp2Growth, soakBulkHttp2 } from './bulk-http2.ts';

for (const upstreamHttp2 of [false, true]) {
  t.test(
    `HTTP/2 to HTTP/${upstreamHttp2 ? 2 : 1}: a body past a reader that stands still is held to the windows`,
    async (t) => {
      const bytes = 64 << 20;
      const bufferLimit = 1 << 20;
      const reports = await soakBulkHttp2({ proxy: 'remora', upstreamHttp2, bytes, standstills: 4, bufferLimit });
      for (const { direction, received, before, highest } of reports) {
        t.equal(received, bytes, `${direction}: every byte arrived in its place`);
        t.ok(
          highest - before <= allowedHttp2Growth(bufferLimit),
          `${direction}: memory grew by ${highest - before} bytes`,
        );
      }
    },
  );
}
