// Bodies through each library: what a client reads back is what went in; the source is paused while the library has enough;
// nothing is called once the stream is gone.
import { once } from 'node:events';

import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import t from 'tap';
import { ConfigContext } from '../../../../src/config/api.ts';
import { BodyTransform } from '../../../../src/extensions/common/compression/body-transform.ts';
import type { BodyStream } from '../../../../src/extensions/common/compression/library.ts';
import { factory as brotli } from '../../../../src/extensions/compression/brotli/compressor/config.ts';
import { factory as gzip } from '../../../../src/extensions/compression/gzip/compressor/config.ts';
import { factory as zstd } from '../../../../src/extensions/compression/zstd/compressor/config.ts';
import { Collected } from '../../../support/collected-body.ts';

const message = (fields: object) => ({ $typeName: 'none', compressionLevel: 0, strategy: 0, ...fields }) as never;
const body = Buffer.from('some text, again and again. '.repeat(20_000));

for (const [name, factory, read] of [
  ['gzip', gzip, gunzipSync],
  ['brotli', brotli, brotliDecompressSync],
  ['zstd', zstd, zstdDecompressSync],
] as const) {
  t.test(`${name}: what is read back is what went in`, async (t) => {
    const library = factory.create(
      message({ compressionStrategy: 0, encoderMode: 0, disableLiteralContextModeling: false }),
      new ConfigContext(),
    );
    const output = new Collected();
    const transform = new BodyTransform(library?.createStream() as BodyStream, output);
    transform.write(body, false);
    t.same(output.pauses, [true], 'more than it can take at once');
    transform.onTrailers();
    t.equal(await output.ended, 'trailers');
    t.same(output.pauses, [true, false]);
    t.ok(read(Buffer.concat(output.chunks)).equals(body));
  });
}

t.test('what was destroyed says nothing more', async (t) => {
  const output = new Collected();
  const stream = gzip.create(message({}), new ConfigContext())?.createStream() as BodyStream;
  const transform = new BodyTransform(stream, output);
  transform.write(body, true);
  transform.destroy();
  await once(stream, 'close');
  t.same(output.chunks, []);
  t.same(output.pauses, [true]);
});

t.test('zstd: what is compressed with a dictionary is read back with it alone', async (t) => {
  // As `zstd --train` made it of small JSON objects.
  const dictionary = Buffer.from(
    'N6Qw7E0AAAAUEOgK0wEAAAAAwIopySRlSgMURkhDAgAALBfTza0AAAAEAAAAgANBXKImCAYABA4EGiocEgCAAABYUcJEBAAARZkAAAAAAAAAZI6BJxYGAAAAAAAAAAAAAAAAAAEAAAAEAAAACAAAADoyNDY2LCJraW5kIjoiYmV0YS0wdXNlciI6MjQxNCwia2luZCI6ImdhbW1hLTAiLCJvayI6dHJ1ZX0KeyJ1c2VyIjo0MjUyNSwia2luZCI6ImdhbW1hLTAiLCJvayI6dHJ1ZX0KeyJ1c2VyIjo1MTk4LCJraW5kIjExLCJraW5kIjoiZ2FtbWEtMCIsIm9rIjp0cnVlfQp7InVzZXIiOjU4NTksImtpbmQiInVzZXIiOjkxMywia2luZCI6ImdhbW1hLTAiLCJvayI6dHJ1ZX0KeyJ1c2VyIjo3MTIidXNlciI6ODQyNywia2luZCI6ImJldGEtMCIsIm9rIjp0cnVlfQp7InVzZXIiOjM0MiJ1c2VyIjo2NDcyLCJraW5kIjoiYWxwaGEtMCIsIm9rIjp0cnVl',
    'base64',
  );
  const source = { specifier: { case: 'inlineBytes', value: dictionary } };
  const library = zstd.create(message({ dictionary: source }), new ConfigContext());
  const output = new Collected();
  const transform = new BodyTransform(library?.createStream() as BodyStream, output);
  transform.write(body, true);
  await output.ended;
  const compressed = Buffer.concat(output.chunks);
  t.ok(zstdDecompressSync(compressed, { dictionary }).equals(body));
  t.throws(() => zstdDecompressSync(compressed));
});
