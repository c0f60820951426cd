// The round trip: what one of our codecs writes, the other reads as it was, and so does node:http's parser.
import fc from 'fast-check';
import type { BytesMeter } from '../../src/http/codec/api.ts';
import { HeaderMap, RequestHeaders, ResponseHeaders } from '../../src/http/headers/header-map.ts';
import { headerName, NameFlag, Names } from '../../src/http/headers/name.ts';
import { ClientFixture, lines, ServerFixture } from '../unit/http/codec/support/recorder.ts';
import { readWithNode } from './node-parser.ts';

const octet = (accept: (c: number) => boolean): fc.Arbitrary<string> => {
  const all = Array.from({ length: 256 }, (_, c) => c).filter(accept);
  return fc.constantFrom(...all.map((c) => String.fromCharCode(c)));
};
const tokenOctet = octet((c) => "!#$%&'*+-.^`|~0123456789abcdefghijklmnopqrstuvwxyz".includes(String.fromCharCode(c)));
const visible = octet((c) => c > 0x20 && c !== 0x7f);
const inner = octet((c) => c === 0x09 || (c >= 0x20 && c !== 0x7f));
const value = fc.oneof(
  fc.constant(''),
  fc.string({ unit: visible, minLength: 1, maxLength: 3 }),
  fc.tuple(visible, fc.string({ unit: inner, maxLength: 40 }), visible).map((parts) => parts.join('')),
);
const field = fc
  .tuple(fc.string({ unit: tokenOctet, minLength: 1, maxLength: 20 }), value)
  .filter(([name]) => (headerName(name).flags & NameFlag.Framing) === 0);
const fields = fc.array(field, { maxLength: 30 });
const target = fc.string({ unit: octet((c) => c > 0x20 && c < 0x7f), maxLength: 60 }).map((rest) => `/${rest}`);
const authority = fc.constantFrom('h', 'a.example:8080', '[::1]:80', 'xn--a', '10.0.0.1');
const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS');
const body = fc.array(fc.string({ unit: octet(() => true), maxLength: 300 }), { maxLength: 6 });
const framing = fc.constantFrom('none', 'length', 'chunked', 'trailers');
const cuts = fc.array(fc.nat({ max: 4000 }), { maxLength: 8 });

export const exchange = fc.record({
  method,
  target,
  authority,
  requestFields: fields,
  requestBody: body,
  requestFraming: framing,
  status: fc.oneof(
    fc.constantFrom(200, 404, 503),
    fc.integer({ min: 200, max: 999 }).filter((status) => status !== 204 && status !== 304),
  ),
  responseFields: fields,
  responseBody: body,
  responseFraming: framing,
  trailers: fields,
  cuts,
});
export type Exchange = typeof exchange extends fc.Arbitrary<infer T> ? T : never;

function fill(headers: HeaderMap, list: readonly (readonly [string, string])[]): void {
  for (const [name, text] of list) headers.append(headerName(name), text);
}
function textOf(pieces: readonly string[]): string {
  return pieces.join('');
}
interface Encoder {
  encodeData(data: Buffer, endStream: boolean): void;
  encodeTrailers(trailers: HeaderMap): void;
  readonly bytesMeter: BytesMeter;
}
function sendBody(to: Encoder, pieces: readonly string[], trailers: HeaderMap | null): void {
  for (const [i, piece] of pieces.entries()) {
    to.encodeData(Buffer.from(piece, 'latin1'), trailers === null && i === pieces.length - 1);
  }
  if (trailers !== null) to.encodeTrailers(trailers);
  else if (pieces.length === 0) to.encodeData(Buffer.alloc(0), true);
}
function feedInPieces(text: string, at: readonly number[], feed: (piece: string) => unknown): void {
  let from = 0;
  for (const cut of [...at].sort((a, b) => a - b)) {
    if (cut <= from || cut >= text.length) continue;
    equal(feed(text.slice(from, cut)), null, 'no error');
    from = cut;
  }
  equal(feed(text.slice(from)), null, 'no error');
}
function equal(got: unknown, wanted: unknown, what: string): void {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: got ${a}, wanted ${b}`);
}

/** Throws when something of the exchange is lost or changed on its way. */
export function roundTrip(given: Exchange): void {
  const client = new ClientFixture({ enableTrailers: true });
  const server = new ServerFixture({ enableTrailers: true });
  const { stream, response } = client.open();
  const trailers = new HeaderMap();
  fill(trailers, given.trailers);

  const request = new RequestHeaders();
  request.method = given.method;
  request.path = given.target;
  request.authority = given.authority;
  fill(request, given.requestFields);
  const requestBody = given.requestFraming === 'none' ? '' : textOf(given.requestBody);
  if (given.requestFraming === 'length') request.append(Names.contentLength, String(requestBody.length));
  const requestLines = lines(request);
  if (given.requestFraming === 'none') stream.encodeHeaders(request, true);
  else {
    stream.encodeHeaders(request, false);
    sendBody(stream, given.requestBody, given.requestFraming === 'trailers' ? trailers : null);
  }
  const sent = client.connection.take();
  equal(stream.bytesMeter.wireBytesSent, sent.length, 'request bytes counted');
  const node = readWithNode(Buffer.from(sent, 'latin1'), 'requests');
  equal(
    [node.error, node.messages.length, node.messages[0]?.complete, node.messages[0]?.body],
    ['', 1, true, requestBody],
    'node reads the request',
  );

  feedInPieces(sent, given.cuts, (piece) => server.feed(piece));
  const got = server.request();
  equal(got.complete, true, 'request complete');
  equal(
    [got.headers?.method, got.headers?.path, got.headers?.authority],
    [given.method, given.target, given.authority],
    'request line',
  );
  equal(withoutFraming(lines(got.headers ?? new HeaderMap())), withoutFraming(requestLines), 'request fields');
  equal(got.body, requestBody, 'request body');
  if (given.requestFraming === 'trailers' && given.trailers.length !== 0)
    equal(got.trailers, lines(trailers), 'request trailers');
  equal(got.stream.bytesMeter.wireBytesReceived, sent.length, 'request bytes received');

  const answer = new ResponseHeaders(given.status);
  fill(answer, given.responseFields);
  const responseBody = given.responseFraming === 'none' ? '' : textOf(given.responseBody);
  if (given.responseFraming === 'length') answer.append(Names.contentLength, String(responseBody.length));
  const responseLines = lines(answer);
  if (given.responseFraming === 'none') got.stream.encodeHeaders(answer, true);
  else {
    got.stream.encodeHeaders(answer, false);
    sendBody(got.stream, given.responseBody, given.responseFraming === 'trailers' ? trailers : null);
  }
  const answered = server.connection.take();
  equal(got.stream.bytesMeter.wireBytesSent, answered.length, 'response bytes counted');
  equal(server.completed.length, 1, 'the server is done');
  const nodeResponse = readWithNode(Buffer.from(answered, 'latin1'), 'responses');
  equal(
    [nodeResponse.error, nodeResponse.messages[0]?.complete, nodeResponse.messages[0]?.body],
    ['', true, responseBody],
    'node reads the response',
  );

  feedInPieces(answered, given.cuts, (piece) => client.feed(piece));
  equal([response.complete, response.headers?.status, response.body], [true, given.status, responseBody], 'response');
  equal(withoutFraming(lines(response.headers ?? new HeaderMap())), withoutFraming(responseLines), 'response fields');
  equal(client.completed, [true], 'the connection may be used again');
  equal([client.connection.disabled, server.connection.disabled], [0, 0], 'reading');
}

function withoutFraming(list: readonly string[]): string[] {
  return list.filter((line) => !/^(content-length|transfer-encoding): /.test(line));
}
