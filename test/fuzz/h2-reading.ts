// What an HTTP/2 server makes of the bytes of a client: ours, fed in pieces, and node:http2's.
import { type IncomingHttpHeaders, performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import { duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { ServerStream } from '../../src/http/codec/api.ts';
import { FrameType } from '../../src/http/codec/h2/frames.ts';
import type { Http2ServerStream } from '../../src/http/codec/h2/server-codec.ts';
import type { Http2Settings } from '../../src/http/codec/h2/settings.ts';
import { joinedInRequests } from '../../src/http/headers/joined-names.ts';
import { type Frame, linesOf, MemoryServer, parseFrames, type Told } from '../unit/http/codec/h2/memory-codec.ts';

export interface StreamReading {
  readonly id: number;
  /** `name: value`, pseudo-headers sorted in front. */
  readonly head: readonly string[];
  body: string;
  trailers: readonly string[] | null;
  ended: boolean;
}

export interface Reading {
  readonly streams: readonly StreamReading[];
  /** Codes of RST_STREAM that the server sent, by stream. */
  readonly resets: Readonly<Record<number, number>>;
  /** Code of GOAWAY; null: the connection lives on. */
  readonly goAway: number | null;
  readonly error: string;
  /** It answered a ping behind everything. */
  readonly alive: boolean;
  /** What it wrote, in the order it wrote it. */
  readonly output: string;
}

export function outcome(frames: readonly Frame[]): Pick<Reading, 'resets' | 'goAway'> {
  const resets: Record<number, number> = {};
  let goAway: number | null = null;
  for (const { type, id, payload } of frames) {
    if (type === FrameType.RstStream) resets[id] = payload.readUInt32BE(0);
    if (type === FrameType.GoAway) goAway = payload.readUInt32BE(4);
  }
  return { resets, goAway };
}

export const settings: Partial<Http2Settings> = {
  initialStreamWindow: 65_535,
  initialConnectionWindow: 65_535,
  maxConcurrentStreams: 1000,
  streamErrorOnInvalidMessage: true,
  // What becomes of extended CONNECT is ours alone (RFC 8441 to an upgrade of HTTP/1.1): both refuse it here.
  allowConnect: false,
};

export function readOurs(pieces: readonly string[]): Reading {
  const server = new MemoryServer(settings);
  let output = server.sink.take();
  for (const piece of [...pieces, ping]) {
    server.error ??= server.codec.dispatch(Buffer.from(piece, 'latin1'));
    output += server.sink.take();
  }
  return {
    // A request that is malformed is a stream without a head: nothing of it is forwarded.
    streams: server.requests.filter(({ request }) => request !== null).map(readingOf),
    ...outcome(parseFrames(Buffer.from(output, 'latin1'))),
    error: server.error?.message ?? '',
    alive: output.includes(pong),
    output,
  };
}

function readingOf({ stream, request, body, trailers, ended }: Told<ServerStream>): StreamReading {
  const head: string[] = [];
  if (request !== null) {
    const { method, scheme, path, authority, protocol } = request;
    for (const [name, value] of Object.entries({ authority, method, path, protocol, scheme }))
      if (value !== '') head.push(`:${name}: ${value}`);
    head.push(...linesOf(request));
  }
  return {
    id: (stream as Http2ServerStream).id,
    head,
    body,
    trailers: trailers === null ? null : linesOf(trailers),
    ended,
  };
}

const most = 1_000_000;
export const nodeOptions = {
  settings: { enableConnectProtocol: false },
  maxSessionInvalidFrames: most,
  maxSessionRejectedStreams: most,
  maxHeaderListPairs: 100,
  maxSettings: 1000,
  maxOutstandingPings: 1000,
  streamResetBurst: most,
  streamResetRate: most,
};
export const pong = `\0\0\x08\x06\x01\0\0\0\0the end.`;
export const ping = `\0\0\x08\x06\0\0\0\0\0the end.`;

/** `pieces`: a turn of the event loop for each, so that all is told that came before an error. */
export async function readNode(pieces: readonly string[]): Promise<Reading> {
  const [client, side] = duplexPair();
  const session = performServerHandshake(side, nodeOptions);
  let output = '';
  let error = '';
  const streams: StreamReading[] = [];
  client.on('data', (data: Buffer) => (output += data.toString('latin1')));
  client.on('error', () => undefined);
  session.on('error', (cause: Error) => (error = cause.message));
  const onStream = (stream: ServerHttp2Stream, _headers: IncomingHttpHeaders, _flags: number, raw: string[]): void => {
    const reading: StreamReading = {
      id: stream.id ?? 0,
      head: requestLines(raw),
      body: '',
      trailers: null,
      ended: false,
    };
    streams.push(reading);
    stream.on('error', () => undefined);
    stream.setEncoding('latin1').on('data', (piece: string) => (reading.body += piece));
    stream.on('trailers', (...[, , tail]: [unknown, unknown, string[]]) => (reading.trailers = lines(tail)));
    // Reset streams "end" too.
    stream.on('end', () => (reading.ended ||= !stream.aborted && stream.rstCode === 0));
  };
  session.on('stream', onStream as never);
  for (const piece of [...pieces, ping]) {
    if (client.destroyed || session.destroyed) break;
    client.write(Buffer.from(piece, 'latin1'));
    // One to read it, one to tell of it, one for what that told.
    for (let i = 0; i < 3; i++) await turn();
  }
  for (let i = 0; i < 8 && !output.includes(pong); i++) await turn();
  await turn();
  const reading = {
    streams,
    ...outcome(parseFrames(Buffer.from(output, 'latin1'))),
    error,
    alive: output.includes(pong),
    output,
  };
  session.destroy();
  client.destroy();
  return reading;
}

export function lines(raw: readonly string[]): string[] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${raw[i + 1]}`] : []));
}

const joinedNames: ReadonlySet<string> = new Set(joinedInRequests);

/** As our codec tells them: `host` stands in for `:authority`, crumbs of cookies are one field behind the others, what Envoy joins is. */
function requestLines(raw: readonly string[]): string[] {
  const all = lines(raw);
  const pseudo = all.filter((line) => line.startsWith(':') && !/^:\w+: $/.test(line)).sort();
  const fields: string[] = [];
  const crumbs: string[] = [];
  let lengths = 0;
  for (const line of all) {
    if (line.startsWith(':')) continue;
    if (line.startsWith('host: ')) {
      if (!pseudo.some((other) => other.startsWith(':authority'))) pseudo.unshift(`:authority: ${line.slice(6)}`);
    } else if (line.startsWith('cookie: ')) crumbs.push(line.slice(8));
    else if (line.startsWith('content-length: ') && lengths++ > 0) continue;
    else if (!joins(fields, line, joinedNames)) fields.push(line);
  }
  if (crumbs.length > 0) fields.push(`cookie: ${crumbs.join('; ')}`);
  return [...pseudo, ...fields];
}

/** Adds to a line that is there already. */
export function joins(fields: string[], line: string, joined: ReadonlySet<string>): boolean {
  const end = line.indexOf(': ') + 2;
  const name = line.slice(0, end);
  const at = joined.has(name.slice(0, -2)) ? fields.findIndex((other) => other.startsWith(name)) : -1;
  if (at === -1) return false;
  const [before, value] = [(fields[at] as string).slice(end), line.slice(end)];
  if (value !== '') fields[at] = name + (before === '' ? value : `${before},${value}`);
  return true;
}
