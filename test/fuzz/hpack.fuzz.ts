// HPACK against node:http2's (nghttp2): what it encodes we decode and the reverse, while tables change size; and of blocks that
// were changed at random both say the same: header block or none.
import { connect, type IncomingHttpHeaders, performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import { duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { H2ErrorCode, headersFrames, settingsAck } from '../../src/http/codec/h2/frames.ts';
import { HpackDecoder } from '../../src/http/codec/h2/hpack/decoder.ts';
import { RequestHeaders } from '../../src/http/headers/header-map.ts';
import { headerName } from '../../src/http/headers/name.ts';
import { clientPreface, linesOf, MemoryClient, MemoryServer } from '../unit/http/codec/h2/memory-codec.ts';
import { readNode } from './h2-reading.ts';
import { type Field, HpackWriter, randomFields } from './hpack-writer.ts';
import { Random } from './mutator.ts';

const blocks = 60;
const tableSizes = [0, 50, 300, 4096, 65_536] as const;

function regular(random: Random): Field[] {
  return randomFields(random).filter(([, value]) => !/[^\x20-\x7e]/.test(value));
}

const linesOfFields = (fields: readonly Field[]): string =>
  fields.map(([name, value]) => `${name}: ${value}`).join('\n');

/** What differs; null: nothing. */
export type Difference = string | null;

/** A client of node:http2, which uses Huffman code and the table as nghttp2 does, asks our server. */
export async function nodeEncodes(seed: number): Promise<Difference> {
  const random = new Random(seed);
  const server = new MemoryServer({ hpackTableSize: random.pick(tableSizes) });
  const [side, socket] = duplexPair();
  side.on('data', (data: Buffer) => {
    server.error ??= server.codec.dispatch(data);
    side.write(Buffer.from(server.sink.take(), 'latin1'));
  });
  side.write(Buffer.from(server.sink.take(), 'latin1'));
  const client = connect('http://a.test', { createConnection: () => socket });
  client.on('error', () => undefined);
  const asked: string[] = [];
  for (let i = 0; i < blocks; i++) {
    // An object has each name once.
    const fields = Object.fromEntries(regular(random));
    const path = random.pick(['/', '/index.html', `/${random.below(50)}`]);
    asked.push([`:path ${path}`, ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`)].join('\n'));
    const stream = client.request({ ':path': path, ...fields }, { endStream: true });
    stream.on('error', () => undefined);
    if (random.below(3) === 0) await turn();
  }
  for (let i = 0; i < 20 && server.requests.length < blocks; i++) await turn();
  client.destroy();
  const got = server.requests.map(({ request }) =>
    request === null ? '' : [`:path ${request.path}`, ...linesOf(request)].join('\n'),
  );
  const wrong = asked.findIndex((text, i) => got[i] !== text);
  return wrong === -1 ? null : `block ${wrong}: ${asked[wrong]}\n--- ours: ${server.error?.message ?? got[wrong]}`;
}

/** Our client asks a server of node:http2, which changes the size of its table meanwhile. */
export async function weEncode(seed: number): Promise<Difference> {
  const random = new Random(seed);
  const client = new MemoryClient();
  const [side, socket] = duplexPair();
  const session = performServerHandshake(socket, { settings: { headerTableSize: random.pick(tableSizes) } });
  const got: string[] = [];
  let error = '';
  session.on('error', (cause: Error) => (error = cause.message));
  const onStream = (stream: ServerHttp2Stream, _headers: IncomingHttpHeaders, _flags: number, raw: string[]): void => {
    stream.on('error', () => undefined);
    const fields = raw.flatMap((name, i): Field[] => (i % 2 === 0 ? [[name, raw[i + 1] ?? '']] : []));
    got.push(linesOfFields(fields.filter(([name]) => !name.startsWith(':'))));
  };
  session.on('stream', onStream as never);
  side.on('data', (data: Buffer) => void client.codec.dispatch(data));
  side.write(Buffer.from(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0`, 'latin1'));
  const asked: string[] = [];
  for (let i = 0; i < blocks; i++) {
    const fields = regular(random);
    asked.push(linesOfFields(fields));
    const headers = new RequestHeaders();
    Object.assign(headers, { method: 'GET', scheme: 'http', path: '/', authority: 'a.test' });
    for (const [name, value] of fields) headers.append(headerName(name), value);
    client.open().stream.encodeHeaders(headers, true);
    side.write(Buffer.from(client.sink.take(), 'latin1'));
    if (random.below(6) === 0) session.settings({ headerTableSize: random.pick(tableSizes) });
    if (random.below(3) === 0) await turn();
  }
  for (let i = 0; i < 20 && got.length < blocks; i++) await turn();
  session.destroy();
  side.destroy();
  const wrong = asked.findIndex((text, i) => got[i] !== text);
  return wrong === -1 ? null : `block ${wrong}: ${asked[wrong]}\n--- node: ${error || got[wrong]}`;
}

/** Blocks by our random writer, changed in an octet or two at the end: whether they are header blocks at all. */
export async function verdicts(seed: number): Promise<Difference> {
  const random = new Random(seed);
  const writer = new HpackWriter(random);
  const texts: string[] = [];
  for (let i = 1 + random.below(8); i > 0; i--) {
    const request: Field[] = [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'a.test'],
    ];
    texts.push(writer.block([...request, ...randomFields(random)]));
  }
  let last = texts.pop() ?? '';
  for (let i = random.below(3); i > 0; i--) {
    const at = random.below(last.length);
    const octet = random.pick(['', '\xff', '\x80', '\x00', '\x3f', '\x20', String.fromCharCode(random.below(256))]);
    last = last.slice(0, at) + octet + last.slice(at + random.below(2));
  }
  texts.push(last);
  const decoder = new HpackDecoder(4096);
  let ours: string | null = null;
  for (const text of texts) ours ??= decoder.decode(Buffer.from(text, 'latin1'), { onHeader: () => undefined });
  const frames = texts.map((text, i) => headersFrames(text, 2 * i + 1, true, 16_384));
  const node = await readNode([clientPreface, settingsAck, ...frames]);
  const theirs = node.goAway === H2ErrorCode.CompressionError;
  if ((ours !== null) === theirs) return null;
  return `${Buffer.from(last, 'latin1').toString('hex')}: ours ${ours}, node ${node.error} ${node.goAway}`;
}
