// Owns the buckets of one configuration: the default one, one for each descriptor, and those that descriptors with open values
// make as values come.
import type { Clock } from '../../../../base/clock.ts';
import type { DescriptorEntry, RateLimitDescriptor } from '../../../../router/api.ts';
import type { ClusterHandle } from '../../../../upstream/api.ts';
import { TokenBucket } from '../../../common/rate-limiting/token-bucket.ts';

export interface BucketSettings {
  readonly maxTokens: number;
  readonly tokensPerSecond: number;
}

export interface DescriptorSettings {
  /** An entry without value stands for any. */
  readonly entries: readonly DescriptorEntry[];
  readonly bucket: BucketSettings;
  readonly shadowMode: boolean;
}

export interface LimiterSettings {
  /** Null: only descriptors limit. */
  readonly bucket: BucketSettings | null;
  readonly descriptors: readonly DescriptorSettings[];
  readonly maxDynamicDescriptors: number;
  readonly alwaysConsumeDefault: boolean;
  /** The cluster whose members share the tokens; null: each process has them all. */
  readonly sharedWith: ClusterHandle | null;
}

/** The bucket that decided. */
export interface Verdict {
  readonly allowed: boolean;
  readonly bucket: TokenBucket | null;
  readonly shadow: boolean;
  /** The descriptor's own word about x-ratelimit headers; 0 for none. */
  readonly xRateLimitOption: number;
}

interface Match {
  readonly bucket: TokenBucket;
  readonly tokensPerSecond: number;
  readonly shadow: boolean;
  readonly descriptor: RateLimitDescriptor;
}

/** A descriptor with open values: the buckets of the values seen last. */
class OpenDescriptor {
  readonly settings: DescriptorSettings;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #max: number;

  constructor(settings: DescriptorSettings, max: number) {
    this.settings = settings;
    this.#max = max;
  }

  matches(entries: readonly DescriptorEntry[]): boolean {
    const wanted = this.settings.entries;
    if (wanted.length !== entries.length) return false;
    return wanted.every(
      ({ key, value }, i) => key === entries[i]?.key && (value === '' || value === entries[i]?.value),
    );
  }

  /** The bucket of the values; the one unused for longest makes room. */
  bucket(key: string, now: number): TokenBucket {
    const found = this.#buckets.get(key);
    if (found !== undefined) {
      this.#buckets.delete(key);
      this.#buckets.set(key, found);
      return found;
    }
    if (this.#buckets.size >= this.#max) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    const made = makeBucket(this.settings.bucket, now);
    // Not the slice of a message head.
    this.#buckets.set(Buffer.from(key, 'latin1').toString('latin1'), made);
    return made;
  }
}

function makeBucket(settings: BucketSettings, now: number): TokenBucket {
  return new TokenBucket(settings.maxTokens, settings.tokensPerSecond, now);
}

/** Unambiguous: keys and values of headers hold no NUL. */
function keyOf(entries: readonly DescriptorEntry[]): string {
  let key = '';
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as DescriptorEntry;
    key += `${entry.key}\0${entry.value}\0`;
  }
  return key;
}

export class LocalRateLimiter {
  readonly #clock: Clock;
  readonly #default: TokenBucket | null;
  readonly #alwaysConsumeDefault: boolean;
  readonly #sharedWith: ClusterHandle | null;
  readonly #fixed = new Map<string, { readonly settings: DescriptorSettings; readonly bucket: TokenBucket }>();
  readonly #open: OpenDescriptor[] = [];

  constructor(settings: LimiterSettings, clock: Clock) {
    const now = clock.monotonic();
    this.#clock = clock;
    this.#default = settings.bucket === null ? null : makeBucket(settings.bucket, now);
    this.#alwaysConsumeDefault = settings.alwaysConsumeDefault;
    this.#sharedWith = settings.sharedWith;
    for (const descriptor of settings.descriptors) {
      if (descriptor.entries.some(({ value }) => value === '')) {
        this.#open.push(new OpenDescriptor(descriptor, settings.maxDynamicDescriptors));
      } else {
        const bucket = makeBucket(descriptor.bucket, now);
        this.#fixed.set(keyOf(descriptor.entries), { settings: descriptor, bucket });
      }
    }
  }

  /** Takes the tokens: of every descriptor that matches, the slowest first, then of the default bucket. */
  ask(descriptors: readonly RateLimitDescriptor[]): Verdict {
    const now = this.#clock.monotonic();
    const cost = this.#cost();
    const matches = this.#match(descriptors, now);
    for (let i = 0; i < matches.length; i++) {
      const { bucket, shadow, descriptor } = matches[i] as Match;
      if (descriptor.hits > 0 && bucket.take(descriptor.hits * cost, now)) continue;
      return { allowed: false, bucket, shadow, xRateLimitOption: descriptor.xRateLimitOption };
    }
    const first = matches[0];
    if (first === undefined || this.#alwaysConsumeDefault) {
      if (this.#default !== null && !this.#default.take(cost, now)) {
        return { allowed: false, bucket: this.#default, shadow: false, xRateLimitOption: 0 };
      }
    }
    return {
      allowed: true,
      bucket: first?.bucket ?? this.#default,
      shadow: false,
      xRateLimitOption: first?.descriptor.xRateLimitOption ?? 0,
    };
  }

  /** Tokens for one hit: every member counts a hit for each of the others too. */
  #cost(): number {
    return Math.max(1, this.#sharedWith?.cluster?.stats.membershipTotal.value ?? 1);
  }

  #match(descriptors: readonly RateLimitDescriptor[], now: number): Match[] {
    const matches: Match[] = [];
    for (const descriptor of descriptors) {
      const key = keyOf(descriptor.entries);
      const fixed = this.#fixed.get(key);
      const open = fixed === undefined ? this.#open.find((each) => each.matches(descriptor.entries)) : undefined;
      const settings = fixed?.settings ?? open?.settings;
      const bucket = fixed?.bucket ?? open?.bucket(key, now);
      if (settings === undefined || bucket === undefined) continue;
      const { tokensPerSecond } = settings.bucket;
      matches.push({ bucket, tokensPerSecond, shadow: settings.shadowMode, descriptor });
    }
    if (matches.length > 1) matches.sort((a, b) => a.tokensPerSecond - b.tokensPerSecond);
    return matches;
  }
}
