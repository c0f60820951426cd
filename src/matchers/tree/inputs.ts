// Owns the values that matcher trees look at, by what there is to look at: a connection, or a request on one. A place offers
// the inputs of its own data; a listener that still looks for a filter chain has the data of a connection as well.
import type { Address } from '../../base/address.ts';
import type { HeaderMap } from '../../http/headers/header-map.ts';
import type { NameInfo } from '../../http/headers/name.ts';
import { type CelExpression, MatchContext } from '../../observability/cel/api.ts';
import type { DownstreamConnectionInfo, FilterStateObject, StreamInfo } from '../../observability/stream-info.ts';
import type { CertificateInfo } from '../../observability/tls-info.ts';
import { toByteString } from '../byte-string.ts';
import { valueAt } from '../metadata-matcher.ts';
import type { AttributesInput, InputValue, JsonInput, TextInput } from './match-tree.ts';

/** The part of StreamInfo that inputs read. */
export interface StreamFacts {
  readonly connection: Pick<
    DownstreamConnectionInfo,
    'localAddress' | 'directRemoteAddress' | 'requestedServerName' | 'tls'
  >;
  readonly downstreamRemoteAddress: Address;
  readonly dynamicMetadata: ReadonlyMap<string, Readonly<Record<string, unknown>>> | null;
  readonly filterState: ReadonlyMap<string, FilterStateObject> | null;
}

/** What there is of a connection. */
export interface ConnectionData {
  readonly streamInfo: StreamFacts;
}

/** What there is of a request, and of the connection it came on. */
export interface RequestData extends ConnectionData {
  readonly streamInfo: StreamInfo;
  readonly headers: HeaderMap;
}

/** The attributes of a request before there is a response. */
export class RequestAttributesInput implements AttributesInput<RequestData> {
  readonly kind = 'attributes';
  readonly #context = new MatchContext();
  matches({ streamInfo, headers }: RequestData, expression: CelExpression): boolean | undefined {
    return this.#context.isTrueBeforeResponse(expression, streamInfo, headers);
  }
}

/** All values of a request header, joined with commas as Envoy does. */
export class RequestHeaderInput implements TextInput<RequestData> {
  readonly kind = 'text';
  readonly #name: NameInfo;
  constructor(name: NameInfo) {
    this.#name = name;
  }
  value({ headers }: RequestData): InputValue {
    return headers.getJoined(this.#name) ?? null;
  }
}

type AddressOf = (streamInfo: StreamFacts) => Address;

export const addressOf = {
  destination: (info: StreamFacts): Address => info.connection.localAddress,
  /** The client as trusted headers say. */
  source: (info: StreamFacts): Address => info.downstreamRemoteAddress,
  directSource: (info: StreamFacts): Address => info.connection.directRemoteAddress,
} as const satisfies Record<string, AddressOf>;

/** Nothing where the address is of another kind. */
export class IpInput implements TextInput<ConnectionData> {
  readonly kind = 'text';
  readonly #read: AddressOf;
  constructor(read: AddressOf) {
    this.#read = read;
  }
  value({ streamInfo }: ConnectionData): InputValue {
    const address = this.#read(streamInfo);
    return address.kind === 'ip' ? address.address : null;
  }
}

export class PortInput implements TextInput<ConnectionData> {
  readonly kind = 'text';
  readonly #read: AddressOf;
  constructor(read: AddressOf) {
    this.#read = read;
  }
  value({ streamInfo }: ConnectionData): InputValue {
    const address = this.#read(streamInfo);
    return address.kind === 'ip' ? String(address.port) : null;
  }
}

export class ServerNameInput implements TextInput<ConnectionData> {
  readonly kind = 'text';
  value({ streamInfo }: ConnectionData): InputValue {
    return streamInfo.connection.requestedServerName || null;
  }
}

/** The same always: what the environment has, or nothing, or that nothing can be known. */
export class FixedInput implements TextInput<unknown> {
  readonly kind = 'text';
  readonly #value: InputValue;
  constructor(value: InputValue) {
    this.#value = value;
  }
  value(): InputValue {
    return this.#value;
  }
}

/** The object as text, or one of its fields; objects without fields answer as a whole. */
export class FilterStateInput implements TextInput<ConnectionData> {
  readonly kind = 'text';
  readonly #key: string;
  readonly #field: string;
  constructor(key: string, field: string) {
    this.#key = key;
    this.#field = field;
  }
  value({ streamInfo }: ConnectionData): InputValue {
    const object = streamInfo.filterState?.get(this.#key);
    if (object === undefined) return null;
    if (this.#field === '' || object.field === undefined) return object.text ?? null;
    const value = object.field(this.#field);
    return value === undefined ? null : String(value);
  }
}

/** A value, not a text: as in Envoy only metadata matchers see it. */
export class DynamicMetadataInput implements JsonInput<ConnectionData> {
  readonly kind = 'json';
  readonly #namespace: string;
  readonly #path: readonly string[];
  constructor(namespace: string, path: readonly string[]) {
    this.#namespace = namespace;
    this.#path = path;
  }
  json({ streamInfo }: ConnectionData): unknown {
    return valueAt(streamInfo.dynamicMetadata?.get(this.#namespace), this.#path);
  }
}

type NamesOf = (certificate: CertificateInfo) => string;

export const namesOf = {
  uris: (certificate: CertificateInfo): string => certificate.uriSans.join(','),
  dns: (certificate: CertificateInfo): string => certificate.dnsSans.join(','),
  subject: (certificate: CertificateInfo): string => certificate.subject,
} as const satisfies Record<string, NamesOf>;

/** Names of the peer's certificate. Without TLS nothing can be known of them. */
export class PeerCertificateInput implements TextInput<ConnectionData> {
  readonly kind = 'text';
  readonly #read: NamesOf;
  constructor(read: NamesOf) {
    this.#read = read;
  }
  value({ streamInfo }: ConnectionData): InputValue {
    const { tls } = streamInfo.connection;
    if (tls === null) return undefined;
    const names = tls.peer === undefined ? '' : this.#read(tls.peer);
    return names === '' ? null : toByteString(names);
  }
}
