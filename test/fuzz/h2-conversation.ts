// Makes what a client could send, or a server, frame by frame, mostly right; and changes it where HTTP/2 servers go wrong.
import { FrameFlag, FrameType, frameHeader } from '../../src/http/codec/h2/frames.ts';
import { type Field, HpackWriter, randomFields } from './hpack-writer.ts';
import type { Random } from './mutator.ts';

export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: string;
}

export const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export function textOf({ type, flags, id, payload }: RawFrame): string {
  return frameHeader(payload.length, type, flags, id) + payload;
}

const uint32 = (value: number): string =>
  String.fromCharCode((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);

/** Identifier and what it may be set to. */
const settingValues = [
  [1, 0, 100, 4096, 65_535],
  [2, 0, 1],
  [3, 0, 1, 100, 0x7fffffff],
  [4, 0, 1, 100, 65_535, 0x7fffffff],
  [5, 16_384, 0xffffff],
  [6, 100, 65_535],
  [8, 1],
  [0x99, 0, 1],
] as const;
const oddValues = [0, 1, 2, 100, 16_384, 0x7fffffff, 0x80000000] as const;

/** Things that no message may have, or only just. */
const oddFields: readonly Field[] = [
  ['Upper', 'x'],
  ['connection', 'close'],
  ['transfer-encoding', 'chunked'],
  ['upgrade', 'websocket'],
  ['te', 'trailers'],
  ['te', 'gzip'],
  ['keep-alive', '1'],
  ['proxy-connection', 'close'],
  ['content-length', '3'],
  ['content-length', '03'],
  ['content-length', '0'],
  ['content-length', '+3'],
  ['content-length', '3, 3'],
  ['host', 'a.test'],
  ['host', 'b.test'],
  ['cookie', 'a=1'],
  ['cookie', 'b=2'],
  ['x', ' a'],
  ['x', 'a\t'],
  ['x', 'a\r\nb: c'],
  ['x', '\0'],
  ['x\n', 'a'],
  ['x:', 'a'],
  ['x y', 'a'],
  ['', 'a'],
  [':path', '/again'],
  [':path', ''],
  [':path', 'no-slash'],
  [':path', '*'],
  [':path', '/a b'],
  [':path', '/\xe4#f'],
  [':authority', ''],
  [':authority', 'user@b.test'],
  [':authority', 'a b'],
  [':method', 'OPTIONS'],
  [':method', 'G T'],
  [':method', 'CONNECT'],
  [':scheme', 'ftp'],
  [':scheme', '1'],
  [':status', '200'],
  [':status', '101'],
  [':status', '99'],
  [':status', '2000'],
  [':status', ''],
  [':protocol', 'websocket'],
  [':nothing', 'x'],
];

export class Conversation {
  readonly frames: RawFrame[] = [];
  readonly #random: Random;
  readonly #hpack: HpackWriter;

  /** `answers`: what a server says to requests on streams 1, 3, 5 and 7. */
  constructor(random: Random, answers = false) {
    this.#random = random;
    this.#hpack = new HpackWriter(random);
    this.#push(FrameType.Settings, 0, 0, this.#settings());
    const requests = 1 + random.below(4);
    const ids = Array.from({ length: requests }, (_, i) => 1 + 2 * i);
    for (const id of ids) {
      if (answers) this.#response(id);
      else this.#request(id);
    }
    for (let i = random.below(4) - 1; i > 0; i--)
      this.frames.splice(1 + random.below(this.frames.length), 0, this.#between(ids));
  }

  #push(type: number, flags: number, id: number, payload: string): void {
    this.frames.push({ type, flags, id, payload });
  }

  #settings(): string {
    const random = this.#random;
    let text = '';
    for (let i = random.below(3); i > 0; i--) {
      const odd = random.below(10) === 0;
      const [id, ...right] = random.pick(settingValues);
      const value = random.pick(odd ? oddValues : right);
      text += `\0${String.fromCharCode(id)}${uint32(value)}`;
    }
    return text;
  }

  #response(id: number): void {
    const random = this.#random;
    for (let i = random.below(4) - 2; i > 0; i--) {
      const interim = this.#odd([[':status', random.pick(['100', '103'])], ...randomFields(random)]);
      // nghttp2 refuses a length of 0 too, which says nothing wrong.
      this.#headers(
        id,
        interim.filter(([name, value]) => name !== 'content-length' || value !== '0'),
        false,
      );
    }
    this.#message(id, [[':status', random.pick(['200', '200', '404', '204', '304'])], ...randomFields(random)]);
  }

  #request(id: number): void {
    const random = this.#random;
    this.#message(id, [
      [':method', random.pick(['GET', 'POST'])],
      [':scheme', random.pick(['http', 'https'])],
      [':path', random.pick(['/', '/index.html', '/a?b=c'])],
      [':authority', 'a.test'],
      ...randomFields(random),
    ]);
  }

  #message(id: number, head: Field[]): void {
    const random = this.#random;
    const body = random.below(3) > 0;
    const pieces = body ? Array.from({ length: 1 + random.below(3) }, () => 'x'.repeat(random.below(300))) : [];
    if (body && random.below(4) === 0) head.push(['content-length', String(pieces.join('').length)]);
    const trailers = body && random.below(3) === 0;
    this.#headers(id, this.#odd(head), !body);
    pieces.forEach((piece, i) => {
      this.#data(id, piece, i === pieces.length - 1 && !trailers);
    });
    if (trailers)
      this.#headers(
        id,
        this.#odd(randomFields(random)).filter(([name]) => !/^(content-length|host)$/.test(name)),
        true,
      );
  }

  #odd(fields: Field[]): Field[] {
    const random = this.#random;
    if (random.below(3) > 0) return fields;
    const out = [...fields];
    for (let i = 1 + random.below(2); i > 0; i--) {
      const odd = random.pick(oddFields);
      const same = out.findIndex(([name]) => name === odd[0]);
      switch (random.below(5)) {
        case 0:
          out.splice(random.below(out.length + 1), 0, odd);
          break;
        case 1:
          out.splice(random.below(out.length), 1);
          break;
        default:
          if (same >= 0) out[same] = odd;
          else out.push(odd);
      }
    }
    return out;
  }

  #headers(id: number, fields: readonly Field[], end: boolean): void {
    const random = this.#random;
    let block = this.#hpack.block(fields);
    const flags = end ? FrameFlag.EndStream : 0;
    const parts: string[] = [];
    for (let i = random.below(4) === 0 ? 1 + random.below(3) : 0; i > 0; i--) {
      const cut = random.below(block.length + 1);
      parts.push(block.slice(0, cut));
      block = block.slice(cut);
    }
    parts.push(block);
    for (const [i, part] of parts.entries()) {
      const last = i === parts.length - 1 ? FrameFlag.EndHeaders : 0;
      const priority = i === 0 && random.below(8) === 0;
      const weighed = priority
        ? uint32(random.pick([0, 0, 0, 0, id + 2, id])) + String.fromCharCode(random.below(256))
        : '';
      if (i > 0) this.#push(FrameType.Continuation, last, id, part);
      else this.#padded(FrameType.Headers, flags | last | (priority ? FrameFlag.Priority : 0), id, weighed + part);
    }
  }

  #data(id: number, piece: string, end: boolean): void {
    this.#padded(FrameType.Data, end ? FrameFlag.EndStream : 0, id, piece);
  }

  #padded(type: number, flags: number, id: number, payload: string): void {
    if (this.#random.below(6) > 0) {
      this.#push(type, flags, id, payload);
      return;
    }
    const padding = this.#random.pick([0, 1, 10, 255]);
    this.#push(type, flags | FrameFlag.Padded, id, String.fromCharCode(padding) + payload + '\0'.repeat(padding));
  }

  /** Frames that may stand anywhere, and some that may not. */
  #between(ids: readonly number[]): RawFrame {
    const random = this.#random;
    const id = random.pick([...ids, 0, 2, ids.length * 2 + 1]);
    const increment = uint32(random.pick([0, 1, 1000, 0x7fffffff]));
    const made: readonly RawFrame[] = [
      { type: FrameType.WindowUpdate, flags: 0, id, payload: increment },
      { type: FrameType.RstStream, flags: 0, id, payload: uint32(random.below(16)) },
      { type: FrameType.Priority, flags: 0, id, payload: `${uint32(random.below(5))}\x10` },
      { type: FrameType.Ping, flags: random.below(2), id: 0, payload: 'pingping' },
      { type: FrameType.Settings, flags: 0, id: 0, payload: this.#settings() },
      { type: FrameType.Settings, flags: 1, id: 0, payload: '' },
      { type: FrameType.GoAway, flags: 0, id: 0, payload: `${uint32(0)}${uint32(random.below(3))}bye` },
      { type: FrameType.PushPromise, flags: 4, id, payload: `${uint32(2)}\x82` },
      { type: FrameType.Continuation, flags: 4, id, payload: '\x82' },
      { type: FrameType.Data, flags: random.below(2), id, payload: 'more' },
      { type: FrameType.Data, flags: 0, id, payload: '' },
      { type: 10 + random.below(200), flags: random.below(256), id, payload: 'what?' },
    ];
    return random.pick(made);
  }
}

/** A change to one frame, or three. */
export function mutateFrames(given: readonly RawFrame[], random: Random): RawFrame[] {
  const frames = [...given];
  for (let i = random.below(3) === 0 ? 3 : 1; i > 0 && frames.length > 0; i--) {
    const at = random.below(frames.length);
    const frame = frames[at] as RawFrame;
    const { payload } = frame;
    const place = random.below(payload.length + 1);
    switch (random.below(9)) {
      case 0:
        frames[at] = { ...frame, flags: frame.flags ^ (1 << random.below(8)) };
        break;
      case 1:
        frames[at] = { ...frame, id: random.pick([0, 1, 2, 3, 5, 7, 0x7fffffff]) };
        break;
      case 2:
        frames[at] = { ...frame, type: random.below(11) };
        break;
      case 3:
        frames.splice(at, 1);
        break;
      case 4:
        frames.splice(random.below(frames.length + 1), 0, frame);
        break;
      case 5:
        frames.splice(at, 1);
        frames.splice(random.below(frames.length + 1), 0, frame);
        break;
      case 6:
        frames[at] = { ...frame, payload: payload.slice(0, place) };
        break;
      default: {
        const octet = random.below(3) === 0 ? random.pick(['\0', '\xff', '\x7f', '\x80', '\x20', '\x3f']) : undefined;
        const text = octet ?? String.fromCharCode(random.below(256));
        frames[at] = { ...frame, payload: payload.slice(0, place) + text + payload.slice(place + random.below(2)) };
      }
    }
  }
  return frames;
}
