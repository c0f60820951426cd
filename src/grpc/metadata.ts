// Owns a call's metadata: names and values beside its messages. Values of names that end in `-bin` are bytes, which travel
// as base64.
import type { HeaderMap, RequestHeaders } from '../http/headers/header-map.ts';
import { headerName } from '../http/headers/name.ts';

/** A value is a byte string; of a binary name, the bytes themselves. */
export interface MetadataEntry {
  readonly name: string;
  readonly value: string;
}

export function isBinaryName(name: string): boolean {
  return name.endsWith('-bin');
}

/** For a header: base64 with padding, as Envoy sends it. */
export function encodeBinary(value: string): string {
  return Buffer.from(value, 'latin1').toString('base64');
}

/** What a peer sent, with padding or without. */
export function decodeBinary(value: string): string {
  return Buffer.from(value, 'base64').toString('latin1');
}

export function appendMetadata(headers: RequestHeaders, entries: readonly MetadataEntry[]): void {
  for (const { name, value } of entries)
    headers.append(headerName(name), isBinaryName(name) ? encodeBinary(value) : value);
}

/** What a peer sent beside its messages: initial metadata or trailers. Decoded when asked for. */
export class Metadata {
  readonly #headers: HeaderMap;

  constructor(headers: HeaderMap) {
    this.#headers = headers;
  }

  /** The first value. */
  get(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** Several values of a binary name may share a line (Custom-Metadata). */
  all(name: string): string[] {
    const values: string[] = [];
    const headers = this.#headers;
    for (let i = 0; i < headers.size; i++) {
      if (headers.nameAt(i).name !== name) continue;
      const value = headers.valueAt(i);
      if (isBinaryName(name)) for (const part of value.split(',')) values.push(decodeBinary(part));
      else values.push(value);
    }
    return values;
  }

  names(): string[] {
    return this.#headers.names().filter((name) => !name.startsWith(':'));
  }
}
