// Fuzzing of the HTTP/1 codec. Three properties: no message is accepted that node:http's strict parser refuses, unless
// Envoy accepts it too (`excused` lists those); where both accept they read the same; how bytes are split changes nothing.
// A fourth, in round-trip.ts: what one of our codecs writes the other reads as it was.
import { existsSync, readFileSync } from 'node:fs';
import { RequestHeaders, ResponseHeaders } from '../../src/http/headers/header-map.ts';
import { joinedInRequests, joinedInResponses } from '../../src/http/headers/joined-names.ts';
import { requestCases, responseCases } from '../unit/http/codec/support/cases.ts';
import { ClientFixture, lines, type RecordedRequest, ServerFixture } from '../unit/http/codec/support/recorder.ts';
import { mutate, Random, split } from './mutator.ts';
import { type NodeMessage, readWithNode } from './node-parser.ts';

export interface Reading {
  readonly messages: NodeMessage[];
  /** `status details (message)`; empty when nothing was refused. */
  error: string;
  /** The connection ends after the last message: what follows is not read. */
  closed: boolean;
}

/** Feeds the pieces to a server codec that answers each request at once. */
export function readRequests(pieces: readonly string[]): Reading {
  const server = new ServerFixture({ acceptHttp10: true, enableTrailers: true });
  server.whenComplete = (request: RecordedRequest) => request.stream.encodeHeaders(new ResponseHeaders(200), true);
  let error = null;
  for (const piece of pieces) {
    error = server.feed(piece);
    if (error !== null) break;
  }
  const messages: NodeMessage[] = [];
  for (const request of server.requests) {
    const { headers } = request;
    if (headers === null) continue;
    messages.push({
      start: `${headers.method} ${headers.method === 'CONNECT' ? headers.authority : headers.path}`,
      fields: [
        ...(headers.authority === '' && !headers.emptyHost ? [] : [`host: ${headers.authority}`]),
        ...lines(headers),
      ],
      body: request.body,
      trailers: request.trailers ?? [],
      complete: request.complete,
      upgrade: headers.protocol !== '' || headers.method === 'CONNECT',
    });
  }
  return {
    messages,
    error: error === null ? '' : `${error.status} ${error.details} (${error.message})`,
    closed: error === null && server.codec.wantsClose,
  };
}

/** Feeds the pieces to a client codec, as responses to GET on one connection. */
export function readResponses(pieces: readonly string[]): Reading {
  const client = new ClientFixture({ enableTrailers: true });
  const messages: NodeMessage[] = [];
  const request = new RequestHeaders();
  request.method = 'GET';
  request.path = '/';
  request.authority = 'h';
  const { stream, response } = client.open();
  stream.encodeHeaders(request, true);
  let error = null;
  for (const piece of pieces) {
    error = client.feed(piece);
    if (error !== null) break;
  }
  // Bytes behind a complete response are no error of that response; whether they come with it or later is chance.
  if (response.complete) error = null;
  for (const informational of response.informational) {
    messages.push({
      start: String(informational.status),
      fields: lines(informational),
      body: '',
      trailers: [],
      complete: true,
      upgrade: false,
    });
  }
  if (response.headers !== null) {
    messages.push({
      start: String(response.headers.status),
      fields: lines(response.headers),
      body: response.body,
      trailers: response.trailers ?? [],
      complete: response.complete,
      upgrade: false,
    });
  }
  return { messages, error: error === null ? '' : `${error.details} (${error.message})`, closed: response.complete };
}

interface Excuse {
  readonly error: RegExp;
  /** What of the input makes it this case; `mine` is our reading of the message that node refuses. */
  readonly applies: (text: string, mine: NodeMessage) => boolean;
  readonly why: string;
}

const common: readonly Excuse[] = [
  {
    error: /HPE_INVALID_HEADER_TOKEN|HPE_LF_EXPECTED|HPE_INVALID_CONTENT_LENGTH/,
    applies: (text) => /\n[ \t]/.test(text),
    why: 'obs-fold (RFC 9112 section 5.2)',
  },
  {
    error: /HPE_INVALID_CHUNK_SIZE/,
    applies: (text) => /[0-9a-fA-F][ \t]+[;\r]/.test(text),
    why: 'blanks behind a chunk size (RFC 9112 section 7.1.1)',
  },
  {
    error: /HPE_STRICT: Invalid character in chunk (size|extension|parameter)/,
    applies: (text) => /[0-9a-fA-F]\s*;/.test(text),
    why: 'chunk extensions that are not token=value',
  },
  {
    error: /HPE_INVALID_CONTENT_LENGTH|HPE_UNEXPECTED_CONTENT_LENGTH|HPE_INVALID_TRANSFER_ENCODING/,
    applies: (text, mine) =>
      /\n0+[ \t]*(;[^\r]*)?\r\n(.*\r\n)*(content-length|transfer-encoding) *:/i.test(text) &&
      mine.fields.some((line) => line.toLowerCase() === 'transfer-encoding: chunked') &&
      !mine.fields.some((line) => line.startsWith('content-length: ')),
    why: 'framing fields among the trailers, which we drop',
  },
];

/** What node:http refuses and Envoy accepts, and we with it. */
const excused: readonly Excuse[] = [
  ...common,
  {
    error: /HPE_INVALID_VERSION/,
    applies: (text) => / HTTP\/1\.[01] +\r\n/.test(text),
    why: 'spaces behind the version',
  },
  { error: /HPE_INVALID_METHOD/, applies: (text) => text.includes('MSEARCH'), why: 'MSEARCH, as Envoy knows it' },
];

const responseExcused: readonly Excuse[] = [
  ...common,
  { error: /./, applies: (text) => /[^\r]\n|^\n/.test(text), why: 'bare LF, from upstream only' },
  {
    error: /HPE_INVALID_STATUS/,
    applies: (text) => /HTTP\/\d\.\d {2,}\d{3}/.test(text),
    why: 'spaces before the status',
  },
  {
    error: /HPE_INVALID_VERSION/,
    applies: (text) => /HTTP\/\d\.\d/.test(text),
    why: 'versions other than 1.0 and 1.1',
  },
  {
    error: /HPE_CLOSED_CONNECTION/,
    applies: (text) => /HTTP\/1\.\d 1\d\d/.test(text),
    why: 'Connection: close in an informational response',
  },
];

export interface Finding {
  readonly kind: string;
  readonly input: string;
  readonly ours: unknown;
  readonly other: unknown;
}

/** Null when the readings agree as far as they must. */
export function compare(text: string, ours: Reading, kind: 'requests' | 'responses'): Finding | null {
  const node = readWithNode(Buffer.from(text, 'latin1'), kind);
  const finding = (what: string): Finding => ({ kind: what, input: text, ours, other: node });
  const list = kind === 'requests' ? excused : responseExcused;
  for (let i = 0; i < ours.messages.length; i++) {
    const mine = ours.messages[i];
    if (mine === undefined) break;
    const last = i === ours.messages.length - 1;
    // A message that we begin and then refuse was not accepted.
    if (last && ours.error !== '' && !mine.complete) return null;
    const theirs = node.messages[i];
    if (theirs === undefined || (mine.complete && !theirs.complete && !theirs.upgrade && node.error !== '')) {
      if (node.error === '') return finding('we see a message that node does not');
      if (list.some((excuse) => excuse.error.test(node.error) && excuse.applies(text, mine))) return null;
      return finding('more lenient than node');
    }
    const difference = compareMessages(mine, theirs, node.error === '' && (last ? ours.error === '' : true));
    if (difference !== '') return finding(difference);
    if (theirs.upgrade) return null;
  }
  return null;
}

function compareMessages(mine: NodeMessage, theirs: NodeMessage, whole: boolean): string {
  if (!sameStart(mine.start, theirs.start)) return 'start lines differ';
  // CONNECT has no body, so its length of 0 says nothing and is dropped.
  const connect = mine.start.startsWith('CONNECT ');
  let theirFields = connect ? theirs.fields.filter((line) => !/^content-length: 0+$/.test(line)) : theirs.fields;
  let myFields = mine.fields;
  const request = !mine.start.startsWith('HTTP/');
  if (request && !connect && !theirs.upgrade) {
    const named = namedByConnection(theirs.fields);
    // Of TE, `trailers` stays.
    if (named.has('te')) myFields = myFields.filter((line) => line !== 'te: trailers');
    theirFields = theirFields.filter((line) => !named.has(nameOf(line)));
  }
  const joined = request ? joinedRequestNames : joinedResponseNames;
  if (fieldsOf(myFields, joined) !== fieldsOf(theirFields, joined)) return 'fields differ';
  if (theirs.upgrade !== mine.upgrade) {
    // h2c is refused by going on without it.
    return theirs.fields.some((field) => /^upgrade:\s*h2c$/i.test(field)) ? '' : 'one sees an upgrade';
  }
  if (!whole && !mine.complete) return '';
  if (mine.complete !== theirs.complete) return theirs.upgrade ? '' : 'one sees the end';
  if (mine.body !== theirs.body) return 'bodies differ';
  // Node tells trailers before they are whole.
  if (!mine.complete) return '';
  const trailers = fieldsOf(theirs.trailers.filter((line) => !framing.test(line)));
  return fieldsOf(mine.trailers) === trailers ? '' : 'trailers differ';
}

const framing =
  /^(host|connection|keep-alive|proxy-connection|transfer-encoding|upgrade|content-length|transfer_encoding|content_length|transfer-encoding): /;

/** Absolute targets are split up by us, not by node. */
function sameStart(mine: string, theirs: string): boolean {
  if (mine === theirs) return true;
  const method = theirs.split(' ')[0];
  return /^[A-Z]+ [a-z]+:\/\//i.test(theirs) && mine.split(' ')[0] === method;
}

/** Sorted; the lines of a field that the codec joins are told value by value, on both sides. */
function fieldsOf(fields: readonly string[], joined: ReadonlySet<string> = new Set()): string {
  return [...fields]
    .filter((line) => !/^(host|upgrade|http2-settings|connection): /.test(line))
    .map((line) => line.replace(/^content-length: 0+(\d)/, 'content-length: $1'))
    .flatMap((line) => (joined.has(nameOf(line)) ? valuesOf(line) : [line]))
    .sort()
    .join('\n');
}

const joinedRequestNames = new Set(joinedInRequests);
const joinedResponseNames = new Set(joinedInResponses);

function nameOf(line: string): string {
  return line.slice(0, line.indexOf(': '));
}

/** Empty values are left out: joined or not, they say nothing. */
function valuesOf(line: string): string[] {
  const name = nameOf(line);
  const values = line.slice(name.length + 2).split(',');
  return values.filter((value) => value !== '').map((value) => `${name}: ${value}`);
}

function namedByConnection(fields: readonly string[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (const line of fields) {
    if (nameOf(line) !== 'connection') continue;
    for (const token of line.slice('connection: '.length).split(',')) named.add(token.trim().toLowerCase());
  }
  for (const kept of ['', 'close', 'keep-alive']) named.delete(kept);
  return named;
}

export interface FuzzResult {
  readonly runs: number;
  readonly accepted: number;
  readonly finding: Finding | null;
}

/** Runs until `seconds` are over or something is found. */
export function fuzz(kind: 'requests' | 'responses', seed: number, seconds: number): FuzzResult {
  const random = new Random(seed);
  const seeds = kind === 'requests' ? requestSeeds() : responseSeeds();
  const read = kind === 'requests' ? readRequests : readResponses;
  const end = performance.now() + seconds * 1000;
  let runs = 0;
  let accepted = 0;
  while (performance.now() < end) {
    for (let batch = 0; batch < 100; batch++) {
      runs++;
      const text = mutate(random.pick(seeds), seeds, random);
      const whole = read([text]);
      if (whole.messages.some((message) => message.complete)) accepted++;
      const pieces = split(text, random);
      const split1 = read(pieces);
      if (JSON.stringify(split1) !== JSON.stringify(whole)) {
        return {
          runs,
          accepted,
          finding: { kind: `split ${JSON.stringify(pieces)}`, input: text, ours: split1, other: whole },
        };
      }
      const finding = compare(text, whole, kind);
      if (finding !== null) return { runs, accepted, finding };
    }
  }
  return { runs, accepted, finding: null };
}

function requestSeeds(): string[] {
  const seeds = requestCases.filter((entry) => entry.raw.length < 2000).map((entry) => entry.raw);
  const corpus = new URL('../../../shared/corpus/http1-requests.json', import.meta.url);
  if (existsSync(corpus)) {
    for (const entry of JSON.parse(readFileSync(corpus, 'utf8')) as { raw: string }[]) seeds.push(entry.raw);
  }
  seeds.push(
    'POST /a?b=c HTTP/1.1\r\nHost: a.example:8080\r\nContent-Type: text/plain\r\nContent-Length: 11\r\nX-Long: abcdefghijklmnop\r\n\r\nhello worldGET /next HTTP/1.1\r\nHost: h\r\n\r\n',
    'PUT /upload HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n5;n=v\r\nhello\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nx-sum: 7\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nAccept: */*\r\n\r\nHEAD / HTTP/1.1\r\nHost: h\r\n\r\nDELETE /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n',
  );
  return seeds;
}

function responseSeeds(): string[] {
  const seeds = responseCases.filter((entry) => entry.raw !== '' && entry.raw.length < 2000).map((entry) => entry.raw);
  seeds.push(
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\nKeep-Alive: timeout=5\r\n\r\nhello world',
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;n=v\r\nhello\r\n0\r\nx-sum: 7\r\n\r\n',
  );
  return seeds;
}
