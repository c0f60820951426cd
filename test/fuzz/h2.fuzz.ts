// Fuzzing of the HTTP/2 codecs, server and client, against node:http2. Four properties: nothing throws; how bytes are cut changes nothing;
// nothing is forwarded that node:http2 refuses, unless `excused` says why; what both forward is the same.
import { FrameType, H2ErrorCode } from '../../src/http/codec/h2/frames.ts';
import { Conversation, mutateFrames, preface, type RawFrame, textOf } from './h2-conversation.ts';
import { type Reading, readNode, readOurs, type StreamReading } from './h2-reading.ts';
import { readNodeClient, readOurClient } from './h2-response-reading.ts';
import { Random, split } from './mutator.ts';

export interface Finding {
  readonly kind: string;
  readonly frames: readonly RawFrame[];
  readonly ours: Reading;
  readonly other: Reading;
}

interface Excuse {
  readonly applies: (frames: readonly RawFrame[], node: Reading, ours: Reading) => boolean;
  readonly why: string;
}

const acknowledges = (wanted: number, { type, flags }: RawFrame): boolean => type === wanted && (flags & 1) !== 0;

/** ALTSVC, ORIGIN, PRIORITY_UPDATE. */
const extensions: ReadonlySet<number> = new Set([10, 12, 16]);

/** Where node:http2 is not to be compared with: it ends connections for what RFC 9113 lets live. */
const excused: readonly Excuse[] = [
  {
    applies: (frames) => frames.some(({ type }) => type === FrameType.GoAway),
    why: 'node ends the connection when the client says GOAWAY; requests may follow it',
  },
  {
    applies: (frames) => frames.some((frame) => acknowledges(FrameType.Ping, frame)),
    why: 'node takes no PING acknowledgement that it did not ask for',
  },
  {
    applies: (frames) => frames.filter((frame) => acknowledges(FrameType.Settings, frame)).length > 1,
    why: 'nor more than one of SETTINGS',
  },
  {
    applies: (_frames, node, ours) => !node.alive && Object.values(ours.resets).includes(H2ErrorCode.ProtocolError),
    why: 'node’s client ends the connection where one message is malformed (RFC 9113 section 8.1.1: the stream)',
  },
  {
    applies: (frames) => frames.some(({ type }) => extensions.has(type)),
    why: 'node reads frames that are not RFC 9113’s',
  },
  {
    applies: (_frames, node) => node.goAway === H2ErrorCode.InternalError,
    why: 'node ends a connection that has had two streams in trouble',
  },
  {
    applies: (_frames, node) => node.goAway === H2ErrorCode.StreamClosed,
    why: 'node ends the connection for DATA that was on its way to a stream that it has refused',
  },
  {
    applies: (frames) =>
      frames.some(({ type, id, payload }) => type === FrameType.WindowUpdate && id > 0 && /^\0+$/.test(payload)),
    why: 'and for WINDOW_UPDATE of nothing on a stream (RFC 9113 section 6.9: the stream)',
  },
  {
    applies: (_frames, node) => node.goAway === H2ErrorCode.FlowControlError,
    why: 'node ends the connection where one stream’s window was made too large (RFC 9113 section 6.9.1: the stream)',
  },
];

/** Null when the readings agree as far as they must. */
export function compare(frames: readonly RawFrame[], ours: Reading, node: Reading): Finding | null {
  const finding = (kind: string): Finding => ({ kind, frames, ours, other: node });
  for (const mine of ours.streams) {
    const refused = ours.resets[mine.id] !== undefined || (!ours.alive && !mine.ended);
    const theirs = node.streams.find(({ id }) => id === mine.id);
    const excuse = excused.some(({ applies }) => applies(frames, node, ours));
    if (theirs === undefined) {
      // Two lengths that are equal are one (RFC 9110 section 8.6); node wants no second.
      const twice =
        node.resets[mine.id] === H2ErrorCode.ProtocolError &&
        mine.head.some((line) => line.startsWith('content-length: '));
      if (!refused && !excuse && !twice) return finding(`stream ${mine.id}: node forwards nothing of it`);
      continue;
    }
    if (grouped(mine.head) !== grouped(theirs.head)) return finding(`stream ${mine.id}: other heads`);
    if (refused || !mine.ended) continue;
    const odd = [...mine.head.filter((line) => !line.startsWith(':')), ...(mine.trailers ?? [])].find(
      (line) => !field.test(line),
    );
    if (odd !== undefined) return finding(`stream ${mine.id}: no message may have ${JSON.stringify(odd)}`);
    // Fields that would frame a message have no place among trailers: node refuses them, we drop them.
    const dropped = mine.trailers !== null && node.resets[mine.id] === H2ErrorCode.ProtocolError;
    if (!theirs.ended && !excuse && !(dropped && mine.body === theirs.body))
      return finding(`stream ${mine.id}: node does not forward all of it`);
    if (theirs.ended && !sameRest(mine, theirs)) return finding(`stream ${mine.id}: other body or trailers`);
  }
  return null;
}

/** RFC 9113 section 8.2, written down a second time. */
const field =
  /^(?!(connection|keep-alive|proxy-connection|transfer-encoding|upgrade): )[!#$%&'*+.^_`|~0-9a-z-]+: ([!-~\x80-\xff]([\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;

/** What we drop of trailers. */
const framing = /^(host|content-length|content_length|transfer_encoding): /;

function sameRest(mine: StreamReading, theirs: StreamReading): boolean {
  return (
    mine.body === theirs.body &&
    (mine.trailers ?? []).join('\n') === (theirs.trailers ?? []).filter((line) => !framing.test(line)).join('\n')
  );
}

/** What must not depend on how the bytes were cut: all but how much there is of a body that is refused in the end. */
function withoutCuts(reading: Reading): string {
  const streams = reading.streams.map((stream) => (stream.ended ? stream : { ...stream, body: '' }));
  return JSON.stringify({ ...reading, streams });
}

export interface FuzzResult {
  readonly runs: number;
  /** Requests that both forwarded whole. */
  readonly accepted: number;
  /** Runs in which we refused something. */
  readonly refused: number;
  readonly finding: Finding | null;
}

/** One conversation, by seed. */
export async function converse(
  seed: number,
  answers = false,
): Promise<{ finding: Finding | null; ours: Reading; node: Reading }> {
  const random = new Random(seed);
  let { frames }: { frames: readonly RawFrame[] } = new Conversation(random, answers);
  if (random.below(2) > 0) frames = mutateFrames(frames, random);
  const pieces = [...(answers ? [] : [preface]), ...frames.map(textOf)];
  const text = pieces.join('');
  const read = answers ? readOurClient : readOurs;
  const ours = read([text]);
  const node = await (answers ? readNodeClient(pieces) : readNode(pieces));
  const other = read(random.below(2) === 0 ? [...text] : split(text, random));
  if (withoutCuts(ours) !== withoutCuts(other))
    return { finding: { kind: 'cut otherwise', frames, ours, other }, ours, node };
  return { finding: compare(frames, ours, node), ours, node };
}

/** Runs until `seconds` are over or something is found. */
export async function fuzz(seed: number, seconds: number, answers = false): Promise<FuzzResult> {
  const end = performance.now() + seconds * 1000;
  let runs = 0;
  let accepted = 0;
  let refused = 0;
  while (performance.now() < end) {
    const { finding, ours } = await converse(seed + runs, answers);
    runs++;
    if (finding !== null) return { runs, accepted, refused, finding };
    accepted += ours.streams.filter(({ ended, id }) => ended && ours.resets[id] === undefined).length;
    if (!ours.alive || Object.keys(ours.resets).length > 0) refused++;
  }
  return { runs, accepted, refused, finding: null };
}

/** Lines of one name joined, as we join some of them; te in other letters means trailers too, but goes no further. */
function grouped(lines: readonly string[]): string {
  const values = new Map<string, string>();
  for (const text of lines) {
    const [name, value] = [text.slice(0, text.indexOf(':', 1)), text.slice(text.indexOf(':', 1) + 2)];
    if (name === 'te' && value !== 'trailers') continue;
    // Nothing adds nothing.
    const line = [values.get(name) ?? '', value].filter((part) => part !== '');
    values.set(name, line.join(','));
  }
  // Ours goes behind the other fields.
  const cookie = values.get('cookie');
  values.delete('cookie');
  return [...values, cookie].join('\n');
}
