// Owns what becomes of the values behind a version 2 header's addresses: texts for metadata or filter state, and what is kept
// for connections to upstream hosts.
import { isUtf8 } from 'node:buffer';
import { fromByteString } from '../../../../base/byte-string.ts';
import type { AcceptedConnection, FilterStateObject } from '../../../../listener/api.ts';
import { ProxyProtocolOptions, proxyOptionsKey } from '../../../common/proxy-protocol/options.ts';
import type { ProxyHeader } from './header.ts';

export interface ValueRule {
  readonly namespace: string;
  readonly key: string;
  readonly encoding: 'utf8' | 'base64';
}

export interface ValueSettings {
  /** By type of value. */
  readonly rules: ReadonlyMap<number, ValueRule>;
  readonly location: 'metadata' | 'filter-state';
  /** Types kept for upstream; null: all. */
  readonly passThrough: ReadonlySet<number> | null;
}

const stateKey = 'envoy.network.proxy_protocol.tlv';

/** The values that rules name, by their keys. */
class ValuesObject implements FilterStateObject {
  /** Byte strings. */
  readonly values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.values = values;
  }

  get text(): undefined {
    return undefined;
  }

  get json(): unknown {
    return Object.fromEntries([...this.values].map(([key, value]) => [key, fromByteString(value)]));
  }

  field(name: string): string | undefined {
    return this.values.get(name);
  }
}

export function keepValues(header: ProxyHeader, accepted: AcceptedConnection, settings: ValueSettings): void {
  const { rules, location, passThrough } = settings;
  const byNamespace = new Map<string, Map<string, string>>();
  for (const { type, value } of header.values) {
    const rule = rules.get(type);
    if (rule === undefined) continue;
    let texts = byNamespace.get(rule.namespace);
    if (texts === undefined) {
      texts = new Map();
      byNamespace.set(rule.namespace, texts);
    }
    // As Envoy: of several values of a type the first counts.
    if (!texts.has(rule.key)) texts.set(rule.key, rule.encoding === 'base64' ? value.toString('base64') : clean(value));
  }
  if (location === 'metadata') {
    for (const [namespace, texts] of byNamespace) {
      accepted.dynamicMetadata ??= new Map();
      accepted.dynamicMetadata.set(namespace, {
        ...accepted.dynamicMetadata.get(namespace),
        ...Object.fromEntries(texts),
      });
    }
  } else if (byNamespace.size > 0) {
    const all = new Map<string, string>();
    for (const texts of byNamespace.values()) {
      for (const [key, text] of texts) if (!all.has(key)) all.set(key, Buffer.from(text, 'utf8').toString('latin1'));
    }
    accepted.filterState ??= new Map();
    accepted.filterState.set(stateKey, new ValuesObject(all));
  }
  const { source = accepted.remoteAddress, destination = accepted.localAddress } = header.addresses ?? {};
  const kept = header.values.filter(({ type }) => passThrough === null || passThrough.has(type));
  accepted.filterState ??= new Map();
  accepted.filterState.set(
    proxyOptionsKey,
    // The header's bytes are gone when the connection is served.
    new ProxyProtocolOptions(
      source,
      destination,
      kept.map(({ type, value }) => ({ type, value: Buffer.from(value) })),
    ),
  );
}

/** As Envoy (and protobuf): every byte that is not UTF-8 becomes an exclamation mark. */
function clean(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceAt(bytes, at);
    text += length === 0 ? '!' : bytes.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return text;
}

/** Bytes of the character that begins there; 0: none does. */
function sequenceAt(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}
