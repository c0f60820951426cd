/**
 * Calls over HTTP/2, or HTTP/1.1, each with ids that no other has. Every answer is checked: it must carry the id of its own
 * request, have the length it should have, and, with gRPC, bring the very message back.
 *
 * Usage: node h2-client.ts PORT h1|h2 KIND CONNECTIONS STREAMS WARMUP_SECONDS SECONDS
 * STREAMS: calls in flight on each connection. KIND `stream`: calls that last, each with one message in flight; a message
 * there and back is a request.
 * Prints lines of JSON: {"event":"open"} and {"event":"close"} around the measured window, then {"event":"result", ...}.
 */
import { connect, type Socket } from 'node:net';
import type { HeaderSink } from '../../src/http/codec/h2/hpack/decoder.ts';
import { type NameInfo, Names, pinnedName } from '../../src/http/headers/name.ts';
import {
  type CallKind,
  http1Request,
  ID_FIELD,
  isGrpc,
  MEGABYTE,
  MESSAGE_LENGTH,
  requestFields,
  SMALL_BODY_LENGTH,
} from '../wire/calls.ts';
import { H2Peer, PeerStream } from '../wire/h2-peer.ts';
import { Ids } from '../wire/ids.ts';
import { PreparedBlock } from '../wire/prepared-block.ts';

const argument = (at: number): string => process.argv[at] ?? '';
const port = Number(argument(2));
const protocol = argument(3) as 'h1' | 'h2';
const kind = argument(4) as CallKind;
const [connections, streams, warmup, seconds] = [5, 6, 7, 8].map((at) => Number(argument(at))) as [
  number,
  number,
  number,
  number,
];

let measuring = false;
let over = false;
let finished = 0;
let errors = 0;
let complaint: string | undefined;
const latencies: number[] = [];

function fail(what: string): void {
  if (over) return;
  errors++;
  complaint ??= what;
}

/** When what is being read came. */
let now = 0;
function done(began: number): void {
  if (!measuring) return;
  finished++;
  latencies.push(now - began);
}

const ids = new Ids(Math.floor(Math.random() * (1 << 23)));
const idField = pinnedName(ID_FIELD);
const bodyLength = kind === 'large' ? MEGABYTE : SMALL_BODY_LENGTH;
const upload = Buffer.alloc(MEGABYTE, 'remora ');

/** A gRPC message that nobody else sends. */
const messageHead = `\0\0\0\0${String.fromCharCode(MESSAGE_LENGTH - 5)}`;
const messageTail = 'x'.repeat(MESSAGE_LENGTH - 5 - 32);
const message = (id: string): string => messageHead + id + messageTail;

// --- HTTP/2 ------------------------------------------------------------------------------------------------------------------

/** Of the block just decoded. */
class ResponseFields implements HeaderSink {
  status = '';
  id = '';
  grpcStatus = '';

  onHeader(name: NameInfo, value: string): void {
    if (name === Names.status) this.status = value;
    else if (name === idField) this.id = value;
    else if (name === Names.grpcStatus) this.grpcStatus = value;
  }

  clear(): void {
    this.status = '';
    this.id = '';
    this.grpcStatus = '';
  }
}

class Call extends PeerStream {
  readonly requestId: string;
  began: number;
  /** The message that must come back, and what has come of it. */
  expected = '';
  came = '';
  answered = false;

  constructor(id: number, sendWindow: number, requestId: string) {
    super(id, sendWindow);
    this.requestId = requestId;
    this.began = now;
  }
}

const block = new PreparedBlock(requestFields(kind));
const grpc = isGrpc(kind);

class Http2Client extends H2Peer<Call> {
  readonly #fields: ResponseFields;
  #next = 1;

  constructor(socket: Socket) {
    const fields = new ResponseFields();
    super(socket, fields, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    this.#fields = fields;
    now = performance.now();
    for (let i = 0; i < streams; i++) this.#call();
    this.flush();
  }

  #call(): void {
    if (over) return;
    ids.next();
    const call = new Call(this.#next, this.peerStreamWindow, ids.text);
    this.streams.set(call.id, call);
    this.headers(call.id, block.write(this.#next === 1, ids.code), kind === 'call' || kind === 'large');
    this.#next += 2;
    if (kind === 'upload') this.body(call, upload, '');
    else if (grpc) this.#send(call);
  }

  #send(call: Call): void {
    ids.next();
    call.began = now;
    call.came = '';
    call.expected = message(ids.text);
    this.message(call, call.expected, kind === 'stream' ? null : '');
  }

  protected onHeaders(id: number, end: boolean): void {
    const { status, id: requestId, grpcStatus } = this.#fields;
    this.#fields.clear();
    const call = this.streams.get(id);
    if (call === undefined) {
      fail('HEADERS of a stream that is over');
      return;
    }
    if (call.answered) {
      if (!end || grpcStatus !== '0') fail(`trailers with grpc-status ${grpcStatus}`);
    } else {
      call.answered = true;
      if (status !== '200') fail(`status ${status}`);
      else if (requestId !== call.requestId) fail('an answer to another request');
    }
    if (end) this.#end(call);
  }

  protected onData(call: Call, data: Buffer, end: boolean): void {
    if (grpc && data.length > 0) {
      call.came += data.toString('latin1');
      if (call.came.length >= MESSAGE_LENGTH) {
        if (call.came !== call.expected) fail('a message that was not sent');
        if (kind === 'stream') {
          done(call.began);
          this.#send(call);
        }
      }
    }
    if (end) this.#end(call);
  }

  #end(call: Call): void {
    this.streams.delete(call.id);
    if (kind === 'stream') fail('a stream has ended');
    else if (grpc ? call.came.length !== MESSAGE_LENGTH : call.received !== bodyLength)
      fail(`${call.received} octets of body`);
    else done(call.began);
    this.#call();
  }

  protected onReset(_call: Call, code: number): void {
    fail(`RST_STREAM with code ${code}`);
    this.#call();
  }

  protected onFailure(what: string): void {
    fail(what);
  }
}

// --- HTTP/1.1 ----------------------------------------------------------------------------------------------------------------

const pieces = http1Request(kind).split('ID');

/** Some proxies write names with capitals. */
function hasId(head: string, id: string): boolean {
  const line = `\r\n${ID_FIELD}: ${id}\r\n`;
  return head.includes(line) || head.toLowerCase().includes(line);
}

class Http1Client {
  readonly #socket: Socket;
  #id = '';
  #began = 0;
  #head = '';
  /** Octets of the body that have not come; -1: the head is not whole. */
  #left = -1;

  constructor(socket: Socket) {
    this.#socket = socket;
    now = performance.now();
    this.#call();
  }

  #call(): void {
    if (over) return;
    ids.next();
    this.#id = ids.text;
    this.#began = now;
    this.#left = -1;
    this.#head = '';
    this.#socket.write(pieces.join(ids.text), 'latin1');
  }

  read(chunk: Buffer): void {
    let body = chunk.length;
    if (this.#left < 0) {
      this.#head += chunk.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!this.#head.startsWith('HTTP/1.1 200')) fail(this.#head.slice(0, 12));
      else if (!hasId(this.#head, this.#id)) fail('an answer to another request');
      this.#left = bodyLength;
      body = this.#head.length - end - 4;
    }
    this.#left -= body;
    if (this.#left > 0) return;
    if (this.#left < 0) fail('more octets of body than the answer has');
    done(this.#began);
    this.#call();
  }
}

// --- the run -----------------------------------------------------------------------------------------------------------------

const percentile = (p: number): number =>
  Math.round((latencies[Math.min(latencies.length - 1, Math.floor((latencies.length * p) / 100))] ?? 0) * 1_000);

function report(): void {
  latencies.sort((a, b) => a - b);
  const result = { requests: finished, errors, seconds, p50: percentile(50), p99: percentile(99), complaint };
  console.log(JSON.stringify({ event: 'result', ...result }));
  process.exit(0);
}

const readBuffer = Buffer.allocUnsafeSlow(256 * 1024);
for (let i = 0; i < connections; i++) {
  let client: Http1Client | Http2Client | undefined;
  const socket = connect({
    port,
    host: '127.0.0.1',
    onread: {
      buffer: readBuffer,
      callback(size) {
        now = performance.now();
        client?.read(readBuffer.subarray(0, size));
        return true;
      },
    },
  });
  socket.setNoDelay(true);
  socket.on('connect', () => {
    client = protocol === 'h1' ? new Http1Client(socket) : new Http2Client(socket);
  });
  socket.on('error', ({ message }) => fail(message));
  socket.on('close', () => fail('a connection has ended'));
}
setTimeout(() => {
  measuring = true;
  console.log(JSON.stringify({ event: 'open' }));
  setTimeout(() => {
    measuring = false;
    over = true;
    console.log(JSON.stringify({ event: 'close' }));
    report();
  }, seconds * 1_000);
}, warmup * 1_000);
