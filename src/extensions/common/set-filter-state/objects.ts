// Owns the kinds of objects that configuration may put into filter state: by the name of their factory in Envoy, how each
// is made from text, and what Remora would have to do about it.
import { isIP } from 'node:net';
import { type Address, ipAddress } from '../../../base/address.ts';
import { addressAndPort } from '../../../base/address-and-port.ts';
import { type FilterStateObject, FilterStateText } from '../../../http/filter/api.ts';
import { applicationProtocolsKey, FilterStateList, serverNameKey, subjectAltNamesKey } from '../../../upstream/api.ts';

export interface ObjectKind {
  /** Undefined: the text is none of this kind, and nothing is set. */
  make(text: string): FilterStateObject | undefined;
}

/** Anything that says itself as a value of JSON. */
class PlainObject implements FilterStateObject {
  readonly text: string;
  readonly json: unknown;

  constructor(text: string, json: unknown) {
    this.text = text;
    this.json = json;
  }
}

class AddressObject implements FilterStateObject {
  readonly text: string;
  readonly json = undefined;
  readonly address: Address;

  constructor(address: Address) {
    this.text = address.text;
    this.address = address;
  }
}

/** Where to connect to: nobody else's connection leads there. */
class DestinationObject extends AddressObject {
  get connectionKey(): string {
    return this.text;
  }
}

class HashableText extends FilterStateText {
  get connectionKey(): string {
    return this.text;
  }
}

const text: ObjectKind = { make: (value) => new FilterStateText(value) };
const hashableText: ObjectKind = { make: (value) => new HashableText(value) };

/** Names behind commas. */
const list = (shown: boolean): ObjectKind => ({ make: (value) => new FilterStateList(value.split(','), shown) });

/** An address without a port. */
const ip: ObjectKind = {
  make: (value) => (isIP(value) === 0 || value.includes('%') ? undefined : new AddressObject(ipAddress(value, 0))),
};

/** An address with its port. */
const destination: ObjectKind = {
  make: (value) => {
    const address = addressAndPort(value);
    return address === null ? undefined : new DestinationObject(address);
  },
};

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  t: true,
  yes: true,
  y: true,
  1: true,
  false: false,
  f: false,
  no: false,
  n: false,
  0: false,
};

const boolean: ObjectKind = {
  make: (value) => {
    const parsed = booleans[value.toLowerCase()];
    return parsed === undefined ? undefined : new PlainObject(String(parsed), parsed);
  },
};

const milliseconds: ObjectKind = {
  make: (value) => (/^\d{1,19}$/.test(value) ? new PlainObject(value, Number(value)) : undefined),
};

/** A number of 32 bits. */
const uint32: ObjectKind = {
  make: (value) => {
    const number = /^\d{1,10}$/.test(value) ? Number(value) : -1;
    return number < 0 || number > 0xffffffff ? undefined : new PlainObject(value, number);
  },
};

export const objectKinds: ReadonlyMap<string, ObjectKind> = new Map([
  ['envoy.string', text],
  ['envoy.hashable_string', hashableText],
  ['envoy.network.ip', ip],
  ['envoy.network.transport_socket.original_dst_address', destination],
  ['envoy.bool', boolean],
  [applicationProtocolsKey, list(false)],
  [serverNameKey, text],
  [subjectAltNamesKey, list(true)],
  ['envoy.tcp_proxy.cluster', text],
  ['envoy.tcp_proxy.disable_tunneling', boolean],
  ['envoy.tcp_proxy.per_connection_idle_timeout_ms', milliseconds],
  ['envoy.upstream.dynamic_host', text],
  ['envoy.upstream.dynamic_port', uint32],
]);

/** Known to Envoy; each steers something that is not here yet. */
export const notYet: ReadonlySet<string> = new Set([
  'envoy.filters.listener.original_dst.local_ip',
  'envoy.filters.listener.original_dst.remote_ip',
  'envoy.network.network_namespace',
  'envoy.network.transport_socket.http_11_proxy.info',
  'envoy.ratelimit.hits_addend',
]);
