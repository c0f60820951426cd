// Bodies through each library: what a client reads back is what went in; the source is paused while the library has enough;
// nothing is called once the stream is gone.
import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import t from 'tap';
import { ConfigContext } from '../../../../src/config/api.ts';
import { BodyTransform, type TransformedOutput } from '../../../../src/extensions/common/compression/body-transform.ts';
import { factory as brotli } from '../../../../src/extensions/compression/brotli/compressor/config.ts';
import { factory as gzip } from '../../../../src/extensions/compression/gzip/compressor/config.ts';
import { factory as zstd } from '../../../../src/extensions/compression/zstd/compressor/config.ts';

class Collected implements TransformedOutput {
  readonly chunks: Buffer[] = [];
  readonly pauses: boolean[] = [];
  readonly ended: Promise<string>;
  #finish!: (how: string) => void;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }
  write(data: Buffer, endStream: boolean): void {
    this.chunks.push(data);
    if (endStream) this.#finish('end');
  }
  releaseTrailers(): void {
    this.#finish('trailers');
  }
  pauseSource(pause: boolean): void {
    this.pauses.push(pause);
  }
  onTransformError(): void {
    this.#finish('error');
  }
}

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
    const transform = new BodyTransform(library?.createStream() as Transform, output);
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
  const stream = gzip.create(message({}), new ConfigContext())?.createStream() as Transform;
  const transform = new BodyTransform(stream, output);
  transform.write(body, true);
  transform.destroy();
  await once(stream, 'close');
  t.same(output.chunks, []);
  t.same(output.pauses, [true]);
});
