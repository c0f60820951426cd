// Owns the choice by host name: exact, then the longest `*.suffix`, then the longest `prefix.*`, then `*`
// (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto, VirtualHost.domains).
import { toByteString, toLowerAscii } from '../../matchers/byte-string.ts';

export class DomainTable<Value> {
  readonly #exact = new Map<string, Value>();
  /** By the length of what follows, or stands before, the star; longest first. */
  readonly #suffixes: Wildcards<Value>[] = [];
  readonly #prefixes: Wildcards<Value>[] = [];
  #any: Value | null = null;
  #only = true;

  /** False when the domain is there already. */
  add(domain: string, value: Value): boolean {
    const name = toLowerAscii(toByteString(domain));
    if (name === '*') {
      if (this.#any !== null) return false;
      this.#any = value;
      return true;
    }
    this.#only = false;
    if (name.startsWith('*')) return addWildcard(this.#suffixes, name.slice(1), value);
    if (name.endsWith('*')) return addWildcard(this.#prefixes, name.slice(0, -1), value);
    if (this.#exact.has(name)) return false;
    this.#exact.set(name, value);
    return true;
  }

  /** `host` in any case. The star stands for at least one character. */
  find(host: string): Value | null {
    if (this.#only) return this.#any;
    const name = toLowerAscii(host);
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    for (let i = 0; i < this.#suffixes.length; i++) {
      const { length, values } = this.#suffixes[i] as Wildcards<Value>;
      if (length >= name.length) continue;
      const value = values.get(name.slice(name.length - length));
      if (value !== undefined) return value;
    }
    for (let i = 0; i < this.#prefixes.length; i++) {
      const { length, values } = this.#prefixes[i] as Wildcards<Value>;
      if (length >= name.length) continue;
      const value = values.get(name.slice(0, length));
      if (value !== undefined) return value;
    }
    return this.#any;
  }
}

interface Wildcards<Value> {
  readonly length: number;
  readonly values: Map<string, Value>;
}

function addWildcard<Value>(lists: Wildcards<Value>[], text: string, value: Value): boolean {
  let list = lists.find(({ length }) => length === text.length);
  if (list === undefined) {
    list = { length: text.length, values: new Map() };
    lists.push(list);
    lists.sort((a, b) => b.length - a.length);
  }
  if (list.values.has(text)) return false;
  list.values.set(text, value);
  return true;
}

/** Index of the colon before the port; -1 without one. A colon inside of brackets is an IPv6 address's. */
export function portStart(host: string): number {
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? colon : -1;
}
