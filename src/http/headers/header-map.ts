// Owns the header map: a flat array of [name, value, name, value, ...] in wire order, and the request's and response's
// own fields for what HTTP/2 calls pseudo-headers.

import type { HeaderSpelling } from './header-spelling.ts';
import { addToLine } from './joined-names.ts';
import { NameFlag, type NameInfo, Names } from './name.ts';

const pseudoNames = [Names.authority, Names.method, Names.path, Names.scheme, Names.protocol, Names.status] as const;

/** Values are strings of one character per byte (latin1), as received. */
export class HeaderMap {
  /** Even slots hold names, odd slots values. Codecs and filters may walk it; only this class writes it. */
  readonly entries: (NameInfo | string)[] = [];
  /** How the message spelled its names, where that is kept. */
  spelling: HeaderSpelling | null = null;

  /** Number of fields, pseudo-headers not counted. */
  get size(): number {
    return this.entries.length >> 1;
  }

  nameAt(index: number): NameInfo {
    return this.entries[index << 1] as NameInfo;
  }

  valueAt(index: number): string {
    return this.entries[(index << 1) | 1] as string;
  }

  /** First value of the name. */
  get(name: NameInfo): string | undefined {
    const entries = this.entries;
    for (let i = 0; i < entries.length; i += 2) {
      if (entries[i] === name) return entries[i + 1] as string;
    }
    return (name.flags & NameFlag.Pseudo) !== 0 ? this.getPseudo(name) : undefined;
  }

  /** All values of the name joined with `,`, as Envoy joins them for matching and logging. */
  getJoined(name: NameInfo): string | undefined {
    const entries = this.entries;
    let joined: string | undefined;
    for (let i = 0; i < entries.length; i += 2) {
      if (entries[i] === name)
        joined = joined === undefined ? (entries[i + 1] as string) : `${joined},${entries[i + 1]}`;
    }
    if (joined === undefined && (name.flags & NameFlag.Pseudo) !== 0) return this.getPseudo(name);
    return joined;
  }

  has(name: NameInfo): boolean {
    return this.get(name) !== undefined;
  }

  /** Adds a field behind the others, whatever is there. */
  append(name: NameInfo, value: string): void {
    if ((name.flags & NameFlag.Pseudo) !== 0) this.setPseudo(name, value);
    else this.entries.push(name, value);
  }

  /** Replaces the first field of that name and removes the others, or appends. */
  set(name: NameInfo, value: string): void {
    if ((name.flags & NameFlag.Pseudo) !== 0) {
      this.setPseudo(name, value);
      return;
    }
    const entries = this.entries;
    for (let i = 0; i < entries.length; i += 2) {
      if (entries[i] === name) {
        entries[i + 1] = value;
        this.#removeFrom(name, i + 2);
        return;
      }
    }
    entries.push(name, value);
  }

  /** Appends to the existing field with a comma, as Envoy does for list headers such as x-forwarded-for. */
  appendToValue(name: NameInfo, value: string, delimiter = ','): void {
    const entries = this.entries;
    for (let i = 0; i < entries.length; i += 2) {
      if (entries[i] === name) {
        entries[i + 1] = entries[i + 1] === '' ? value : `${entries[i + 1]}${delimiter}${value}`;
        return;
      }
    }
    entries.push(name, value);
  }

  /** Returns how many fields went. A pseudo-header that goes is empty from then on, a status 0. */
  remove(name: NameInfo): number {
    if ((name.flags & NameFlag.Pseudo) !== 0) return this.removePseudo(name);
    return this.#removeFrom(name, 0);
  }

  /** Removes every field whose name has one of the flags; returns how many went. */
  removeFlagged(flags: number): number {
    const entries = this.entries;
    let kept = 0;
    for (let i = 0; i < entries.length; i += 2) {
      if (((entries[i] as NameInfo).flags & flags) !== 0) continue;
      if (kept !== i) {
        entries[kept] = entries[i] as NameInfo;
        entries[kept + 1] = entries[i + 1] as string;
      }
      kept += 2;
    }
    const removed = (entries.length - kept) >> 1;
    cutTo(entries, kept);
    return removed;
  }

  /** All names, each once, pseudo-headers too. */
  allNames(): Set<NameInfo> {
    const names = new Set<NameInfo>();
    for (const name of pseudoNames) if (this.getPseudo(name) !== undefined) names.add(name);
    for (let i = 0; i < this.entries.length; i += 2) names.add(this.entries[i] as NameInfo);
    return names;
  }

  /** The same as text: for expressions, which may list headers. */
  names(): string[] {
    return Array.from(this.allNames(), ({ name }) => name);
  }

  /** Sum of the lengths of names and values, as Envoy counts header bytes: pseudo-headers too, also of HTTP/1. */
  byteSize(): number {
    const entries = this.entries;
    let size = 0;
    for (const name of pseudoNames) {
      const value = this.getPseudo(name);
      if (value !== undefined) size += name.name.length + value.length;
    }
    for (let i = 0; i < entries.length; i += 2) {
      size += (entries[i] as NameInfo).name.length + (entries[i + 1] as string).length;
    }
    return size;
  }

  protected getPseudo(_name: NameInfo): string | undefined {
    return undefined;
  }

  protected setPseudo(_name: NameInfo, _value: string): void {}

  protected removePseudo(_name: NameInfo): number {
    return 0;
  }

  #removeFrom(name: NameInfo, start: number): number {
    const entries = this.entries;
    let kept = start;
    for (let i = start; i < entries.length; i += 2) {
      if (entries[i] === name) continue;
      if (kept !== i) {
        entries[kept] = entries[i] as NameInfo;
        entries[kept + 1] = entries[i + 1] as string;
      }
      kept += 2;
    }
    const removed = (entries.length - kept) >> 1;
    cutTo(entries, kept);
    return removed;
  }
}

export class RequestHeaders extends HeaderMap {
  method = '';
  /** Path with query, as received or rewritten; empty only for CONNECT without a path. */
  path = '';
  /** Host header or :authority. */
  authority = '';
  scheme = '';
  /** HTTP/1: a Host field was there and empty, which is not the same as none (RFC 9112 section 3.2). */
  emptyHost = false;
  /** `:protocol` of extended CONNECT, or the upgrade token of an HTTP/1.1 upgrade, else empty. */
  protocol = '';

  protected override getPseudo(name: NameInfo): string | undefined {
    let value = '';
    if (name === Names.path) value = this.path;
    else if (name === Names.authority) value = this.authority;
    else if (name === Names.method) value = this.method;
    else if (name === Names.scheme) value = this.scheme;
    else if (name === Names.protocol) value = this.protocol;
    return value === '' && !(this.emptyHost && name === Names.authority) ? undefined : value;
  }

  /** `host` is the authority under its HTTP/1 name. */
  override get(name: NameInfo): string | undefined {
    return super.get(name === Names.host ? Names.authority : name);
  }

  override getJoined(name: NameInfo): string | undefined {
    return super.getJoined(name === Names.host ? Names.authority : name);
  }

  override set(name: NameInfo, value: string): void {
    if (name === Names.host) this.authority = value;
    else super.set(name, value);
  }

  override remove(name: NameInfo): number {
    return super.remove(name === Names.host ? Names.authority : name);
  }

  protected override removePseudo(name: NameInfo): number {
    if (this.getPseudo(name) === undefined) return 0;
    if (name === Names.authority) this.emptyHost = false;
    this.setPseudo(name, '');
    return 1;
  }

  override append(name: NameInfo, value: string): void {
    if (name === Names.host) this.authority = value;
    else super.append(name, value);
  }

  protected override setPseudo(name: NameInfo, value: string): void {
    if (name === Names.path) this.path = value;
    else if (name === Names.authority) this.authority = value;
    else if (name === Names.method) this.method = value;
    else if (name === Names.scheme) this.scheme = value;
    else if (name === Names.protocol) this.protocol = value;
  }
}

export class ResponseHeaders extends HeaderMap {
  status: number;

  constructor(status = 0) {
    super();
    this.status = status;
  }

  protected override getPseudo(name: NameInfo): string | undefined {
    return name === Names.status && this.status !== 0 ? String(this.status) : undefined;
  }

  protected override setPseudo(name: NameInfo, value: string): void {
    if (name === Names.status) this.status = Number(value);
  }

  protected override removePseudo(name: NameInfo): number {
    if (name !== Names.status || this.status === 0) return 0;
    this.status = 0;
    return 1;
  }
}

/** Setting `length` is a call into V8's runtime, which a request would pay several times. */
function cutTo(entries: unknown[], size: number): void {
  while (entries.length > size) entries.pop();
}

/** Of trailers, Envoy joins those that gRPC has there when they come again. */
export function appendTrailer(trailers: HeaderMap, name: NameInfo, value: string): void {
  const joins = name === Names.grpcStatus || name === Names.grpcMessage;
  if (!joins || !addToLine(trailers.entries, name, value)) trailers.append(name, value);
}
