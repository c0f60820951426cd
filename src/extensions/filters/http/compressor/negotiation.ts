// Owns the choice between the compressors of a chain by accept-encoding: made once for each response, by the first of them
// that asks, and kept for the others.
import type { StreamInfo } from '../../../../http/filter/api.ts';
import type { ResponseHeaders } from '../../../../http/headers/api.ts';
import type { CompressorSettings } from './settings.ts';

export interface EncodingChoice {
  /** `identity` for none. */
  readonly encoding: string;
  readonly because: 'identity' | 'notValid' | 'wildcard' | 'accepted';
}

const identity = 'identity';
const notValid: EncodingChoice = { encoding: identity, because: 'notValid' };

export class ChainNegotiation {
  /** In the chain's order; those that a route disables are among them, as in Envoy. */
  readonly #compressors: CompressorSettings[] = [];
  readonly #encodings: string[] = [];
  #choice: EncodingChoice | null = null;

  add(compressor: CompressorSettings, encoding: string): void {
    this.#compressors.push(compressor);
    this.#encodings.push(encoding);
  }

  choose(acceptEncoding: string, headers: ResponseHeaders): EncodingChoice {
    this.#choice ??= chooseEncoding(acceptEncoding, this.#compressors, this.#encodings, headers);
    return this.#choice;
  }
}

const byStream = new WeakMap<StreamInfo, ChainNegotiation>();

/** The stream's, made by the first compressor that asks. */
export function negotiationOf(info: StreamInfo): ChainNegotiation {
  let negotiation = byStream.get(info);
  if (negotiation === undefined) {
    negotiation = new ChainNegotiation();
    byStream.set(info, negotiation);
  }
  return negotiation;
}

export function chooseEncoding(
  acceptEncoding: string,
  compressors: readonly CompressorSettings[],
  encodings: readonly string[],
  headers: ResponseHeaders,
): EncodingChoice {
  const allowed: string[] = [];
  let preferred = '';
  for (let i = 0; i < compressors.length; i++) {
    const { response, chooseFirst } = compressors[i] as CompressorSettings;
    const encoding = encodings[i] as string;
    if (!response.allowsContentType(headers)) continue;
    if (!allowed.includes(encoding)) allowed.push(encoding);
    if (chooseFirst) preferred = encoding;
  }
  let best = identity;
  let bestQuality = 0;
  for (const item of acceptEncoding.split(',')) {
    const semicolon = item.indexOf(';');
    const name = (semicolon < 0 ? item : item.slice(0, semicolon)).trim();
    const quality = semicolon < 0 ? 1 : qualityOf(item.slice(semicolon + 1));
    if (name !== identity && name !== '*' && !allowed.includes(name)) continue;
    if (quality > bestQuality || (quality === bestQuality && quality > 0 && name === preferred)) {
      best = name;
      bestQuality = quality;
    }
  }
  if (bestQuality === 0) return notValid;
  if (best === identity) return { encoding: identity, because: 'identity' };
  if (best !== '*') return { encoding: best, because: 'accepted' };
  const first = allowed[0];
  return first === undefined ? notValid : { encoding: first, because: 'wildcard' };
}

/** Of the first parameter; 1 where that is no `q`, 0 where it is no number. */
function qualityOf(parameters: string): number {
  const equals = parameters.indexOf('=');
  if (equals < 0 || parameters.slice(0, equals).trim().toLowerCase() !== 'q') return 1;
  const quality = Number.parseFloat(parameters.slice(equals + 1));
  return Number.isNaN(quality) ? 0 : quality;
}
