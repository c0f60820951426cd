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

/** `bytes`: everything the client has sent so far. */
export function readClientHello(bytes: Buffer): ClientHelloResult {
  const message = handshakeMessage(bytes);
  if (typeof message === 'string') return message;
  try {
    return parse(new Reader(message));
  } catch (error) {
    if (error instanceof RangeError) return 'not-tls';
    throw error;
  }
}

/** The body of the ClientHello, joined from as many records as it was cut into. */
function handshakeMessage(bytes: Buffer): Buffer | 'more' | 'not-tls' {
  const parts: Buffer[] = [];
  let gathered = 0;
  for (let at = 0; ; ) {
    if (at < bytes.length && bytes[at] !== handshakeRecord) return 'not-tls';
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return 'not-tls';
    if (bytes.length < at + 5) return 'more';
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > 16_384 + 256) return 'not-tls';
    const part = bytes.subarray(at + 5, at + 5 + length);
    parts.push(part);
    gathered += part.length;
    const joined = parts.length === 1 ? part : Buffer.concat(parts);
    if (joined.length > 0 && joined[0] !== clientHelloType) return 'not-tls';
    if (joined.length >= 4) {
      const size = joined.readUIntBE(1, 3);
      if (gathered >= 4 + size) return joined.subarray(4, 4 + size);
    }
    if (part.length < length) return 'more';
    at += 5 + length;
  }
}

function parse(hello: Reader): ClientHello {
  const version = hello.uint16();
  hello.skip(32);
  hello.skip(hello.uint8());
  const cipherSuites = hello.block(hello.uint16()).uint16s();
  hello.skip(hello.uint8());
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
    while (list.left > 0) {
      const type = list.uint16();
      extensions.push(type);
      readExtension(type, list.block(list.uint16()), found);
    }
  }
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
  if (type === 0) {
    const names = body.block(body.uint16());
    while (names.left > 0) {
      const kind = names.uint8();
      const name = names.text(names.uint16());
      if (kind === 0 && found.serverName === '') found.serverName = name.toLowerCase();
    }
  } else if (type === 16) {
    const protocols = body.block(body.uint16());
    while (protocols.left > 0) found.applicationProtocols.push(protocols.text(protocols.uint8()));
  } else if (type === 10) found.supportedGroups = body.block(body.uint16()).uint16s();
  else if (type === 11) found.pointFormats = body.block(body.uint8()).uint8s();
  else if (type === 13) found.signatureAlgorithms = body.block(body.uint16()).uint16s();
  else if (type === 43) found.supportedVersions = body.block(body.uint8()).uint16s();
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
