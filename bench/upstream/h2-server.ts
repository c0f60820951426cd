/**
 * The upstream of HTTP/2: answers what `bench/wire/calls.ts` asks, with the request's id and one of its own. It costs as little
 * as can be, but looks at what it gets: bodies must be whole. Speaks to the bench itself in HTTP/1.1 ("are you there?").
 * Usage: node h2-server.ts PORT
 */
import { createServer, type Socket } from 'node:net';
import { FrameFlag, FrameType, frameHeader } from '../../src/http/codec/h2/frames.ts';
import type { HeaderSink } from '../../src/http/codec/h2/hpack/decoder.ts';
import { type NameInfo, Names, pinnedName } from '../../src/http/headers/name.ts';
import {
  type CallKind,
  ID_FIELD,
  isGrpc,
  kindOf,
  MEGABYTE,
  MESSAGE_LENGTH,
  responseFields,
  SMALL_BODY_LENGTH,
} from '../wire/calls.ts';
import { H2Peer, PeerStream } from '../wire/h2-peer.ts';
import { Ids } from '../wire/ids.ts';
import { PreparedBlock } from '../wire/prepared-block.ts';
import { SMALL_BODY } from './index.ts';

const ids = new Ids();
const idField = pinnedName(ID_FIELD);
const large = Buffer.alloc(MEGABYTE, 'remora ');
if (SMALL_BODY.length !== SMALL_BODY_LENGTH) throw new Error('SMALL_BODY has another length');

/** A field of a name that is no pseudo-header, written out: its value is the client's. */
const echo = (id: string): string => `\0${plain(ID_FIELD)}${plain(id)}`;

const lengthField = (length: number): string => {
  const digits = String(length);
  return `\x0f\x0d${String.fromCharCode(digits.length)}${digits}`;
};
const smallLength = lengthField(SMALL_BODY_LENGTH);
const largeLength = lengthField(MEGABYTE);

const plain = (text: string): string => String.fromCharCode(text.length) + text;
const trailers = (ok: boolean): string =>
  `\0${plain('grpc-status')}${plain(ok ? '0' : '13')}\0${plain('grpc-message')}${plain('')}`;

/** `:status` of the static table. */
const ok = '\x88';
const badRequest = '\x8c';

class RequestFields implements HeaderSink {
  path = '';
  id = '';

  onHeader(name: NameInfo, value: string): void {
    if (name === Names.path) this.path = value;
    else if (name === idField) this.id = value;
  }
}

class Served extends PeerStream {
  readonly kind: CallKind;
  readonly requestId: string;
  message = '';

  constructor(id: number, sendWindow: number, kind: CallKind, requestId: string) {
    super(id, sendWindow);
    this.kind = kind;
    this.requestId = requestId;
  }
}

class Server extends H2Peer<Served> {
  readonly #fields: RequestFields;
  /** Of the first response: what is in the connection's table is of its kind. */
  #grpc = false;
  #block: PreparedBlock | undefined;

  constructor(socket: Socket) {
    const fields = new RequestFields();
    super(socket, fields, '');
    this.#fields = fields;
  }

  protected onHeaders(id: number, end: boolean): void {
    const { path, id: requestId } = this.#fields;
    const known = this.streams.get(id);
    if (known !== undefined) {
      this.#answer(known);
      return;
    }
    const stream = new Served(id, this.peerStreamWindow, kindOf(path), requestId);
    this.streams.set(id, stream);
    if (stream.kind === 'stream') this.headers(id, this.#head(stream), false);
    if (end) this.#answer(stream);
  }

  protected onData(stream: Served, data: Buffer, end: boolean): void {
    if (stream.kind === 'unary' || stream.kind === 'stream') {
      stream.message += data.toString('latin1');
      if (stream.kind === 'stream' && stream.message.length >= MESSAGE_LENGTH) {
        this.message(stream, stream.message, null);
        stream.message = '';
      }
    }
    if (end) this.#answer(stream);
  }

  #head({ kind, requestId }: Served): string {
    const grpc = isGrpc(kind);
    const first = this.#block === undefined;
    this.#block ??= new PreparedBlock(responseFields(kind));
    if (first) this.#grpc = grpc;
    else if (this.#grpc !== grpc) throw new Error('a connection carries calls of one kind');
    ids.next();
    const head = this.#block.write(first, ids.code) + echo(requestId);
    return grpc ? head : head + (kind === 'large' ? largeLength : smallLength);
  }

  #answer(stream: Served): void {
    const { id, kind, requestId } = stream;
    const { length } = stream.message;
    this.streams.delete(id);
    if (kind === 'stream') {
      this.headers(id, trailers(length === 0), true);
      return;
    }
    // A body that did not come whole, or a proxy that only asks whether we are there: no fields, so none in the table.
    if (requestId === '' || (kind === 'upload' && stream.received !== MEGABYTE)) {
      this.headers(id, requestId === '' ? ok : badRequest, true);
      return;
    }
    this.headers(id, this.#head(stream), false);
    if (kind === 'unary') {
      const block = trailers(length === MESSAGE_LENGTH);
      const flags = FrameFlag.EndHeaders | FrameFlag.EndStream;
      this.message(stream, stream.message, frameHeader(block.length, FrameType.Headers, flags, id) + block);
    } else if (kind === 'large') {
      // Windows of it open while it goes.
      this.streams.set(id, stream);
      this.body(stream, large, '');
    } else this.message(stream, SMALL_BODY, '');
  }

  protected override onBodySent({ id, kind }: Served): void {
    if (kind === 'large') this.streams.delete(id);
  }

  // A proxy gives calls up at the end of each run, when their client goes.
  protected onReset(): void {}
  protected onFailure(): void {}
}

createServer({ noDelay: true }, (socket) => {
  let server: Server | undefined;
  socket.on('data', (chunk: Buffer) => {
    if (server !== undefined) server.read(chunk);
    else if (chunk.toString('latin1', 0, 3) !== 'PRI') socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    else {
      server = new Server(socket);
      server.read(chunk.subarray(24));
    }
  });
  socket.on('error', () => socket.destroy());
}).listen(Number(process.argv[2]), '127.0.0.1', 4096);
