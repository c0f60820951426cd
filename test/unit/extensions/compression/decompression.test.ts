// Bodies through the decompressing libraries: every form of a gzip head, pieces of any length, what is broken, bombs, slow
// readers, dictionaries.
import { brotliCompressSync, crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import t from 'tap';
import { ConfigContext } from '../../../../src/config/api.ts';
import {
  DecompressionErrorStats,
  InflationGuard,
} from '../../../../src/extensions/common/compression/inflation-guard.ts';
import type { DecompressionLibrary } from '../../../../src/extensions/common/compression/library.ts';
import { dictionaryIdOf } from '../../../../src/extensions/common/compression/zstd-dictionary-config.ts';
import { factory as brotli } from '../../../../src/extensions/compression/brotli/decompressor/config.ts';
import { factory as gzip } from '../../../../src/extensions/compression/gzip/decompressor/config.ts';
import { factory as zstd } from '../../../../src/extensions/compression/zstd/decompressor/config.ts';
import { StatsStore } from '../../../../src/observability/stats/store.ts';
import { Collected } from '../../../support/collected-body.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { until } from '../../../support/until.ts';

const libraries = {
  gzip: gzip.create({} as never, new ConfigContext()) as DecompressionLibrary,
  brotli: brotli.create({ disableRingBufferReallocation: false } as never, new ConfigContext()) as DecompressionLibrary,
  zstd: zstd.create({ dictionaries: [] } as never, new ConfigContext()) as DecompressionLibrary,
};

interface Read {
  readonly text: string;
  readonly how: string;
  readonly errors: Record<string, number>;
  readonly pauses: readonly boolean[];
}

async function read(library: DecompressionLibrary, pieces: readonly Buffer[], trailers = false): Promise<Read> {
  const stats = new StatsStore();
  const output = new Collected();
  const guard = new InflationGuard(
    library,
    output,
    new DecompressionErrorStats(library.errors, (name) => stats.counter(name)),
  );
  for (const [i, piece] of pieces.entries()) guard.receive(Buffer.from(piece), !trailers && i === pieces.length - 1);
  let how = 'passed on';
  if (!trailers || guard.onTrailers()) how = await output.ended;
  const errors: Record<string, number> = {};
  for (const { name, value } of stats.counters()) if (value > 0) errors[name] = value;
  return { text: Buffer.concat(output.chunks).toString('latin1'), how, errors, pauses: output.pauses };
}

const text = 'some text, again. '.repeat(10);
const raw = deflateRawSync(Buffer.from(text));

/** A member whose head has the parts that `flags` announce. */
function member(flags: number): Buffer {
  const parts = [Buffer.of(0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 255)];
  if (flags & 4) parts.push(Buffer.from('\x05\x00extra', 'latin1'));
  if (flags & 8) parts.push(Buffer.from('a name\0', 'latin1'));
  if (flags & 16) parts.push(Buffer.from('a comment\0', 'latin1'));
  if (flags & 2) {
    const check = Buffer.alloc(2);
    check.writeUInt16LE(crc32(Buffer.concat(parts)) & 0xffff);
    parts.push(check);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(Buffer.from(text)), 0);
  trailer.writeUInt32LE(text.length, 4);
  return Buffer.concat([...parts, raw, trailer]);
}

t.test('every form of a gzip head, cut at every byte', async (t) => {
  for (let flags = 0; flags < 32; flags += 2) {
    const body = member(flags);
    for (let at = 0; at <= Math.min(body.length, 50); at++) {
      const result = await read(libraries.gzip, [body.subarray(0, at), body.subarray(at)]);
      if (result.text !== text || Object.keys(result.errors).length > 0) t.fail(`flags ${flags}, cut at ${at}`);
    }
  }
  t.same((await read(libraries.gzip, [member(0x20)])).errors, { zlib_data_error: 1 }, 'a flag that nobody knows');
  const empty = Buffer.concat([Buffer.of(0x1f, 0x8b, 8, 4, 1, 2, 3, 4, 0, 255, 0, 0), raw]);
  t.equal((await read(libraries.gzip, [empty])).text, text, 'an empty extra field, no trailer');
  const wrongHead = member(2);
  wrongHead[10] = (wrongHead[10] as number) ^ 1;
  t.same((await read(libraries.gzip, [wrongHead])).errors, { zlib_data_error: 1 }, 'a wrong checksum of the head');
});

t.test('a wrong checksum of the data is told; the data goes on', async (t) => {
  for (const at of [-8, -1]) {
    const body = gzipSync(text);
    body[body.length + at] = (body.at(at) as number) ^ 1;
    const { text: out, errors } = await read(libraries.gzip, [body.subarray(0, 12), body.subarray(12)]);
    t.equal(out, text);
    t.same(errors, { zlib_data_error: 1 });
  }
});

const compress = { gzip: gzipSync, brotli: brotliCompressSync, zstd: zstdCompressSync } as const;

for (const name of ['gzip', 'brotli', 'zstd'] as const) {
  const library = libraries[name];
  const body = compress[name](Buffer.from(text));

  t.test(`${name}: in pieces of any length, with and without trailers`, async (t) => {
    for (let size = 1; size <= body.length; size++) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < body.length; at += size) pieces.push(body.subarray(at, at + size));
      for (const trailers of [false, true]) {
        const result = await read(library, pieces, trailers);
        if (result.text !== text || Object.keys(result.errors).length > 0) t.fail(`pieces of ${size}`);
        if (result.how !== (trailers ? 'trailers' : 'end')) t.fail(`pieces of ${size} end with ${result.how}`);
      }
    }
  });

  t.test(`${name}: what is behind the end is dropped, and the end comes when the source ends`, async (t) => {
    const stats = new StatsStore();
    const output = new Collected();
    const errors = new DecompressionErrorStats(library.errors, (name) => stats.counter(name));
    const guard = new InflationGuard(library, output, errors);
    guard.receive(Buffer.concat([body, Buffer.from('xyz')]), false);
    await until(() => Buffer.concat(output.chunks).length === text.length);
    await turns(5);
    t.notOk(output.hasEnded, 'not before the source');
    guard.receive(Buffer.from('more'), true);
    t.equal(await output.ended, 'end');
    t.equal(Buffer.concat(output.chunks).toString(), text);
  });

  t.test(`${name}: a bomb is cut off, and the source may go on`, async (t) => {
    const bomb = compress[name](Buffer.alloc(10_000_000));
    const { text: out, errors, how, pauses } = await read(library, [bomb]);
    t.equal(how, 'end');
    t.ok(out.length < (library.maxInflateRatio + 1) * bomb.length + 8192, `${out.length} of ${bomb.length}`);
    t.ok((errors[library.errors.overflow] ?? 0) > 0);
    t.equal(pauses.filter(Boolean).length, pauses.filter((pause) => !pause).length);
  });

  t.test(`${name}: the source waits while the library has enough`, async (t) => {
    const noise = Buffer.alloc(400_000);
    const random = new SeededRandom(1);
    for (let i = 0; i < noise.length; i++) noise[i] = random.uint32();
    const pieces: Buffer[] = [];
    const long = compress[name](noise);
    for (let at = 0; at < long.length; at += 16_384) pieces.push(long.subarray(at, at + 16_384));
    const { text: out, pauses } = await read(library, pieces);
    t.equal(out.length, noise.length);
    t.equal(pauses[0], true);
    t.equal(pauses.at(-1), false);
    t.equal(pauses.filter(Boolean).length, pauses.length / 2, 'as often on as off');
  });

  t.test(`${name}: whatever comes in, the body ends once`, async (t) => {
    const random = new SeededRandom(7);
    for (let round = 0; round < 150; round++) {
      const odd = Buffer.from(body);
      for (let change = random.uint32() % 4; change > 0; change--) odd[random.uint32() % odd.length] = random.uint32();
      const cut = random.uint32() % (odd.length + 1);
      const pieces = [odd.subarray(0, cut), odd.subarray(cut, odd.length - (random.uint32() % 5))];
      const { how } = await read(library, pieces, random.uint32() % 2 === 0);
      if (!['end', 'trailers', 'passed on'].includes(how)) t.fail(`round ${round}: ${how}`);
    }
  });
}

t.test('zstd: which dictionary a frame names', async (t) => {
  const head = (...bytes: number[]): number => dictionaryIdOf(Buffer.of(0x28, 0xb5, 0x2f, 0xfd, ...bytes));
  t.equal(head(0x20, 5), 0, 'none');
  t.equal(head(0x21, 77, 5), 77, 'one byte, single segment');
  t.equal(head(0x01, 0x58, 77, 5), 77, 'behind the window');
  t.equal(head(0x22, 1, 2), 0x201);
  t.equal(head(0x23, 1, 2, 3, 0x84), 0x84030201);
  t.equal(head(0x23, 1, 2, 3), 0, 'cut off');
  t.equal(dictionaryIdOf(Buffer.from('(no frame)')), 0);
});

t.test('zstd: what is no dictionary is refused', async (t) => {
  const said = async (value: string): Promise<string[]> => {
    const context = new ConfigContext();
    const dictionaries = [{ specifier: { case: 'inlineString', value } }];
    t.equal(zstd.create({ $typeName: 'none', dictionaries } as never, context), undefined);
    return (await context.takeDiagnostics()).map(({ message }) => message);
  };
  t.match(await said('some text that is long enough'), [/it has no identifier$/]);
  t.match(await said(''), [/it is empty$/]);
});

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
