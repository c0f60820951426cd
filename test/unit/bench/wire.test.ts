// What the load of HTTP/2 sends is read back by our own decoder, and its client and server are put face to face: a bench that
// sends nonsense, or takes it, measures nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import t from 'tap';
import { freePort, waitReady } from '../../../bench/machine/ports.ts';
import { type CallKind, http1Request, requestFields } from '../../../bench/wire/calls.ts';
import { huffman, Ids } from '../../../bench/wire/ids.ts';
import { PreparedBlock } from '../../../bench/wire/prepared-block.ts';
import { HpackDecoder } from '../../../src/http/codec/h2/hpack/decoder.ts';

t.test('ids: each another, and their Huffman code means the same', async (t) => {
  const ids = new Ids();
  const seen = new Set<string>();
  for (let i = 0; i < 100_000; i++) {
    ids.next();
    seen.add(ids.text);
    if (i % 1_000 === 0) t.equal(huffman(ids.text, true), ids.code);
  }
  t.equal(seen.size, 100_000);
});

t.test('blocks: every one of a connection has all fields, with its own id', async (t) => {
  const ids = new Ids(17);
  for (const kind of ['call', 'large', 'upload', 'unary', 'stream'] as CallKind[]) {
    const fields = requestFields(kind);
    const block = new PreparedBlock(fields);
    const decoder = new HpackDecoder(4096);
    for (const first of [true, false, false]) {
      ids.next();
      const read: string[][] = [];
      const bytes = Buffer.from(block.write(first, ids.code), 'latin1');
      const sink = { onHeader: ({ name }: { name: string }, value: string) => void read.push([name, value]) };
      t.equal(decoder.decode(bytes, sink), null);
      t.same(
        read,
        fields.map(([name, value]) => [name, value.replace('ID', ids.text)]),
      );
      if (!first) t.ok(bytes.length < 250, 'what stays is in the table');
    }
  }
  t.match(http1Request('call'), /^GET \/api\/v1\/products\/ID HTTP\/1.1\r\nhost: /);
});

t.test('client and server: all kinds of calls, all answers right', async (t) => {
  const port = await freePort();
  const server = spawn(process.execPath, ['bench/upstream/h2-server.ts', String(port)], { stdio: 'inherit' });
  t.teardown(() => server.kill());
  await waitReady(port, '/', performance.now(), () => {});
  for (const kind of ['call', 'large', 'upload', 'unary', 'stream'] as CallKind[]) {
    const args = ['bench/load/h2-client.ts', String(port), 'h2', kind, '2', '4', '0', '0.2'];
    const client = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    createInterface(client.stdout).on('line', (line) => lines.push(line));
    await once(client, 'close');
    const { requests, errors } = JSON.parse(lines.at(-1) ?? '{}') as { requests: number; errors: number };
    t.ok(requests > 0, `${kind}: ${requests} requests`);
    t.equal(errors, 0);
  }
  t.equal(server.exitCode, null);
});
