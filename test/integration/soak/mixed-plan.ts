// Owns what one request of the mixed soak is: how much goes up and down, and where it breaks off. Client and upstream compute
// every body from its place in a pattern, so that bytes of another request show.
import { createHash } from 'node:crypto';

const largest = 10 << 20;
/** A period that no buffer size divides. */
const period = 64_507;
const pattern = Buffer.alloc(largest + period);
for (let at = 0; at < pattern.length; at++) pattern[at] = ((at % period) * 31 + ((at % period) >> 8)) & 0xff;

/** Of the body of that request, from `offset` on. */
export function piece(index: number, offset: number, size: number): Buffer {
  const start = ((index * 7919) % period) + offset;
  return pattern.subarray(start, start + size);
}

export function sumOf(index: number, size: number): string {
  return createHash('sha1')
    .update(piece(index, 0, size))
    .digest('hex');
}

export interface Plan {
  readonly index: number;
  /** Octets. */
  readonly up: number;
  readonly down: number;
  readonly trailers: boolean;
  /** The upstream answers before it has read the request. */
  readonly early: boolean;
  /** The upstream breaks the response off behind so many octets; -1: before its head; null: never. */
  readonly breakAt: number | null;
  /** The client gives up behind so many octets of the response; -1: before its head; null: never. */
  readonly leaveAt: number | null;
  /** Milliseconds that the client stands still behind the response's head. */
  readonly pause: number;
}

/** Mostly small; one in a thousand is as large as they get. */
function sizeOf(random: () => number): number {
  const kind = random();
  if (kind < 0.5) return 0;
  if (kind < 0.9) return Math.floor(random() * 2000);
  if (kind < 0.985) return Math.floor(random() * 100_000);
  return Math.floor(random() * (kind < 0.999 ? 1 << 20 : largest));
}

export function planOf(index: number, random: () => number): Plan {
  const down = sizeOf(random);
  const place = (): number => Math.floor(random() * (down + 1)) - 1;
  const fate = random();
  return {
    index,
    up: sizeOf(random),
    down,
    trailers: random() < 0.2,
    early: random() < 0.03,
    breakAt: fate < 0.03 ? place() : null,
    leaveAt: fate > 0.95 ? place() : null,
    pause: random() < 0.03 ? 20 + Math.floor(random() * 150) : 0,
  };
}

export function pathOf({ index, down, early, breakAt, leaveAt }: Plan): string {
  const whole = breakAt === null && leaveAt === null ? 1 : 0;
  return `/soak?index=${index}&down=${down}&early=${early ? 1 : 0}&break=${breakAt ?? ''}&whole=${whole}`;
}

/** What the upstream is asked for. */
export interface Asked extends Pick<Plan, 'index' | 'down' | 'early' | 'breakAt'> {
  /** Nobody is going to reset it. */
  readonly whole: boolean;
}

export function askedBy(path: string): Asked {
  const query = new URLSearchParams(path.slice(path.indexOf('?')));
  const place = query.get('break') ?? '';
  return {
    index: Number(query.get('index')),
    down: Number(query.get('down')),
    early: query.get('early') === '1',
    breakAt: place === '' ? null : Number(place),
    whole: query.get('whole') === '1',
  };
}
