// Owns the inputs that only places without an opinion of their own take (rate limits): query parameters, and where a
// connection comes from.
import { isIPv4 } from 'node:net';
import { percentDecode } from '../../base/percent.ts';
import { Names } from '../../http/headers/name.ts';
import { toByteString } from '../byte-string.ts';
import { findQueryParameter } from '../query-parameter-matcher.ts';
import type { ConnectionData, RequestData } from './inputs.ts';
import type { InputValue, TextInput } from './match-tree.ts';

/** The first of the name. Names and values are decoded before they are compared; `+` stays. */
export class QueryParameterInput implements TextInput<RequestData> {
  readonly kind = 'text';
  readonly #name: string;

  constructor(name: string) {
    this.#name = toByteString(name);
  }

  value({ headers }: RequestData): InputValue {
    const path = headers.getJoined(Names.path) ?? '';
    const start = path.indexOf('?') + 1;
    if (!path.includes('%', start)) return findQueryParameter(path, start, this.#name) ?? null;
    return start === 0 ? null : this.#findDecoded(path, start);
  }

  #findDecoded(path: string, start: number): string | null {
    for (let at = start; at < path.length; ) {
      let end = path.indexOf('&', at);
      if (end === -1) end = path.length;
      const equals = path.indexOf('=', at);
      const nameEnd = equals === -1 || equals > end ? end : equals;
      if (percentDecode(path.slice(at, nameEnd)) === this.#name) return percentDecode(path.slice(nameEnd + 1, end));
      at = end + 1;
    }
    return null;
  }
}

/** `local` for connections from this machine; nothing for others. */
export class SourceTypeInput implements TextInput<ConnectionData> {
  readonly kind = 'text';

  value({ streamInfo }: ConnectionData): InputValue {
    const { downstreamRemoteAddress: source, connection } = streamInfo;
    if (source.kind !== 'ip') return 'local';
    const { localAddress } = connection;
    // As Envoy: of all loopback addresses of IPv4 only this one.
    const isLoopback = source.address === (isIPv4(source.address) ? '127.0.0.1' : '::1');
    return isLoopback || (localAddress.kind === 'ip' && localAddress.address === source.address) ? 'local' : null;
  }
}
