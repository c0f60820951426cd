// Owns the reading of a TLS ClientHello from the first bytes of a connection, without answering it: what filter chains are
// chosen by, and what fingerprints are made of. Source: RFC 8446 section 4.1.2, RFC 6066 section 3, RFC 7301 section 3.1.

/** Bytes after which a ClientHello that is still not whole is none: Envoy's default for tls_inspector. */
export const clientHelloLimit = 16 * 1024;

export interface ClientHello {
  /** SNI in lower case; empty when the client named no host. */
  readonly serverName: string;
  /** ALPN, in the client's order. */
  readonly applicationProtocols: readonly string[];
  /** `legacy_version` of the hello. */
  readonly version: number;
  readonly cipherSuites: readonly number[];
  /** Extension types in the client's order. */
  readonly extensions: readonly number[];
  readonly supportedGroups: readonly number[];
  readonly pointFormats: readonly number[];
  readonly supportedVersions: readonly number[];
  readonly signatureAlgorithms: readonly number[];
}

/** 'more': whole records are missing. 'not-tls': this cannot become a ClientHello. */
export type ClientHelloResult = ClientHello | 'more' | 'not-tls';

const handshakeRecord = 22;
const clientHelloType = 1;

/** As BoringSSL: more of a handshake message than this is none. */
const longestMessage = 16_384;
const longestRecord = 16_384 + 256;
/** Records without content in a row. */
const mostEmptyRecords = 32;
const tls10 = 0x0301;
const tls13 = 0x0304;

/** A `legacy_version` that there is. With another no handshake goes on, whatever the extensions say (BoringSSL). */
export function isKnownVersion({ version }: ClientHello): boolean {
  return version >= tls10 && version <= tls13;
}

/** `bytes`: everything the client has sent so far. */
export function readClientHello(bytes: Buffer): ClientHelloResult {
  const message = handshakeMessage(bytes);
  if (typeof message === 'string') return message;
  try {
    return parse(new Reader(message)) ?? 'not-tls';
  } catch (error) {
    if (error instanceof RangeError) return 'not-tls';
    throw error;
  }
}

/**
 * The body of the ClientHello, joined from as many records as it was cut into. Called for every byte of a client that sends
 * them one by one: nothing is joined before all is there.
 */
function handshakeMessage(bytes: Buffer): Buffer | 'more' | 'not-tls' {
  const head = [0, 0, 0, 0];
  let gathered = 0;
  let size = -1;
  let empty = 0;
  for (let at = 0; ; ) {
    if (at < bytes.length && bytes[at] !== handshakeRecord) return 'not-tls';
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return 'not-tls';
    if (bytes.length < at + 5) return 'more';
    const length = bytes.readUInt16BE(at + 3);
    empty = length === 0 ? empty + 1 : 0;
    if (length > longestRecord || empty > mostEmptyRecords) return 'not-tls';
    const here = Math.min(length, bytes.length - at - 5);
    for (let i = 0; i < here && gathered + i < 4; i++) head[gathered + i] = bytes[at + 5 + i] as number;
    gathered += here;
    if (gathered > 0 && head[0] !== clientHelloType) return 'not-tls';
    if (gathered >= 4 && size < 0)
      size = ((head[1] as number) << 16) | ((head[2] as number) << 8) | (head[3] as number);
    if (here < length) return 'more';
    if (size > longestMessage) return 'not-tls';
    if (size >= 0 && gathered >= 4 + size) return joined(bytes, 4 + size).subarray(4);
    at += 5 + length;
  }
}

/** The first `size` bytes of what the records hold. */
function joined(bytes: Buffer, size: number): Buffer {
  const parts: Buffer[] = [];
  let left = size;
  for (let at = 0; left > 0; ) {
    const length = Math.min(bytes.readUInt16BE(at + 3), left);
    parts.push(bytes.subarray(at + 5, at + 5 + length));
    left -= length;
    at += 5 + bytes.readUInt16BE(at + 3);
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

/** Undefined where BoringSSL would not go on. */
function parse(hello: Reader): ClientHello | undefined {
  const version = hello.uint16();
  hello.skip(32);
  const sessionId = hello.uint8();
  hello.skip(sessionId);
  const cipherSuites = hello.block(hello.uint16()).uint16s();
  const compressions = hello.uint8();
  hello.skip(compressions);
  if (sessionId > 32 || cipherSuites.length === 0 || compressions === 0) return undefined;
  const found = {
    serverName: '',
    applicationProtocols: [] as string[],
    supportedGroups: [] as number[],
    pointFormats: [] as number[],
    supportedVersions: [] as number[],
    signatureAlgorithms: [] as number[],
  };
  const extensions: number[] = [];
  if (hello.left > 0) {
    const list = hello.block(hello.uint16());
    if (hello.left > 0) return undefined;
    while (list.left > 0) {
      const type = list.uint16();
      extensions.push(type);
      readExtension(type, list.block(list.uint16()), found);
    }
  }
  if (new Set(extensions).size !== extensions.length) return undefined;
  return { version, cipherSuites, extensions, ...found };
}

function readExtension(
  type: number,
  body: Reader,
  found: {
    serverName: string;
    applicationProtocols: string[];
    supportedGroups: number[];
    pointFormats: number[];
    supportedVersions: number[];
    signatureAlgorithms: number[];
  },
): void {
  if (type === 0) found.serverName = readServerName(body);
  else if (type === 16) found.applicationProtocols = readProtocols(body);
  else if (type === 10) found.supportedGroups = orNone(() => body.rest(2).uint16s());
  else if (type === 11) found.pointFormats = orNone(() => body.rest(1).uint8s());
  else if (type === 13) found.signatureAlgorithms = orNone(() => body.rest(2).uint16s());
  else if (type === 43) found.supportedVersions = body.block(body.uint8()).uint16s();
}

/** One host name, nothing else (RFC 6066 allows no second of a kind, and there is no other kind). */
function readServerName(body: Reader): string {
  const names = body.block(body.uint16());
  const kind = names.uint8();
  const name = names.text(names.uint16());
  const odd = kind !== 0 || name === '' || name.length > 255 || name.includes('\0') || names.left > 0 || body.left > 0;
  if (odd) throw new RangeError('no host name');
  return name.toLowerCase();
}

function readProtocols(body: Reader): string[] {
  return orNone(() => {
    const protocols: string[] = [];
    const list = body.block(body.uint16());
    if (body.left > 0) return [];
    while (list.left > 0) {
      const protocol = list.text(list.uint8());
      if (protocol === '') return [];
      protocols.push(protocol);
    }
    return protocols;
  });
}

/** As Envoy: a list that cannot be read is none, and whoever answers the hello may say so. */
function orNone<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** Reads past the end throw RangeError. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2));
  }

  skip(length: number): void {
    this.#advance(length);
  }

  block(length: number): Reader {
    const start = this.#advance(length);
    return new Reader(this.#bytes.subarray(start, start + length));
  }

  /** All but the first bytes: as Envoy, a list's own length does not count where the extension's does. */
  rest(skipped: number): Reader {
    this.skip(skipped);
    return this.block(this.left);
  }

  text(length: number): string {
    const start = this.#advance(length);
    return this.#bytes.toString('latin1', start, start + length);
  }

  uint8s(): number[] {
    const list: number[] = [];
    while (this.left > 0) list.push(this.uint8());
    return list;
  }

  uint16s(): number[] {
    const list: number[] = [];
    while (this.left > 0) list.push(this.uint16());
    return list;
  }

  #advance(length: number): number {
    const start = this.#at;
    if (length > this.left) throw new RangeError('past the end');
    this.#at += length;
    return start;
  }
}
