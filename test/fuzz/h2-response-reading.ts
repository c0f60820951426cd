// What an HTTP/2 client makes of the bytes of a server: ours, fed in pieces, and node:http2's. Both have asked four times.
import { type ClientHttp2Stream, connect } from 'node:http2';
import { duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { RequestHeaders } from '../../src/http/headers/header-map.ts';
import { joinedInResponses } from '../../src/http/headers/joined-names.ts';
import { linesOf, MemoryClient, parseFrames } from '../unit/http/codec/h2/memory-codec.ts';
import {
  joins,
  lines,
  nodeOptions,
  outcome,
  ping,
  pong,
  type Reading,
  type StreamReading,
  settings,
} from './h2-reading.ts';

/** On streams 1, 3, 5 and 7. */
const methods = ['GET', 'POST', 'HEAD', 'GET'] as const;

export function readOurClient(pieces: readonly string[]): Reading {
  const client = new MemoryClient(settings);
  const told = methods.map((method) => {
    const one = client.open();
    const headers = new RequestHeaders();
    Object.assign(headers, { method, scheme: 'http', path: '/', authority: 'a.test' });
    one.stream.encodeHeaders(headers, true);
    return one;
  });
  client.sink.take();
  let output = '';
  for (const piece of [...pieces, ping]) {
    client.error ??= client.codec.dispatch(Buffer.from(piece, 'latin1'));
    output += client.sink.take();
  }
  const streams: StreamReading[] = [];
  for (const [i, { response, body, trailers, ended }] of told.entries()) {
    if (response === null) continue;
    const head = withoutLength([`:status: ${response.status}`, ...linesOf(response)]);
    streams.push({ id: 2 * i + 1, head, body, trailers: trailers === null ? null : linesOf(trailers), ended });
  }
  return {
    streams,
    ...outcome(parseFrames(Buffer.from(output, 'latin1'))),
    error: client.error?.message ?? '',
    alive: output.includes(pong),
    output,
  };
}

/** `pieces`: three turns of the event loop for each. */
export async function readNodeClient(pieces: readonly string[]): Promise<Reading> {
  const [server, side] = duplexPair();
  let output = '';
  let error = '';
  server.on('data', (data: Buffer) => (output += data.toString('latin1')));
  server.on('error', () => undefined);
  const session = connect('http://a.test', {
    ...nodeOptions,
    settings: { enablePush: false },
    createConnection: () => side,
  });
  session.on('error', (cause: Error) => (error = cause.message));
  const streams: StreamReading[] = [];
  methods.forEach((method, i) => {
    const stream = session.request({ ':path': '/', ':method': method }, { endStream: true });
    watch(stream, 2 * i + 1, streams);
  });
  for (let i = 0; i < 6; i++) await turn();
  // The preface and the requests are no answer to anything.
  const before = output.length;
  for (const piece of [...pieces, ping]) {
    if (server.destroyed || session.destroyed) break;
    server.write(Buffer.from(piece, 'latin1'));
    for (let i = 0; i < 3; i++) await turn();
  }
  for (let i = 0; i < 8 && !output.includes(pong); i++) await turn();
  await turn();
  const frames = parseFrames(Buffer.from(output.slice(before), 'latin1'));
  const reading = { streams, ...outcome(frames), error, alive: output.includes(pong), output };
  session.destroy();
  server.destroy();
  return reading;
}

const joinedNames: ReadonlySet<string> = new Set(joinedInResponses);

function watch(stream: ClientHttp2Stream, id: number, streams: StreamReading[]): void {
  let reading: StreamReading | null = null;
  stream.on('error', () => undefined);
  stream.on('response', (...[, , raw]: [unknown, unknown, string[]?]) => {
    reading = { id, head: responseLines(raw ?? []), body: '', trailers: null, ended: false };
    streams.push(reading);
  });
  stream.setEncoding('latin1').on('data', (piece: string) => {
    if (reading !== null) reading.body += piece;
  });
  stream.on('trailers', (...[, , tail]: [unknown, unknown, string[]?]) => {
    if (reading !== null) reading.trailers = lines(tail ?? []);
  });
  stream.on('end', () => {
    if (reading !== null) reading.ended ||= !stream.aborted && stream.rstCode === 0;
  });
}

function responseLines(raw: readonly string[]): string[] {
  const fields: string[] = [];
  let lengths = 0;
  for (const line of lines(raw)) {
    if (line.startsWith('content-length: ') && lengths++ > 0) continue;
    if (!joins(fields, line, joinedNames)) fields.push(line);
  }
  return withoutLength(fields);
}

/** nghttp2 drops the length of 0 of a response that has no body. */
function withoutLength(fields: string[]): string[] {
  return fields[0] === ':status: 204' ? fields.filter((line) => line !== 'content-length: 0') : fields;
}
