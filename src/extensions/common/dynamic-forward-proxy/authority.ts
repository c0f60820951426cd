// Owns the reading of a host as requests name it: what to resolve, which port, and the name under which cache and cluster
// know the two.
import { isIP } from 'node:net';

export interface Authority {
  /** Of the entry in the cache, and of the host in the cluster: always with a port. */
  readonly key: string;
  /** What is asked of the resolver: a name, or an address without brackets. */
  readonly name: string;
  readonly port: number;
}

/** A port behind the last colon counts, where it is a number of 16 bits; what is none stays part of the name. */
export function readAuthority(host: string, defaultPort: number): Authority {
  const colon = host.endsWith(']') ? -1 : host.lastIndexOf(':');
  const port = colon < 0 ? -1 : portOf(host, colon + 1);
  const bare = port < 0 ? host : host.slice(0, colon);
  const effective = port < 0 ? defaultPort : port;
  const inner = bare.startsWith('[') && bare.endsWith(']') ? bare.slice(1, -1) : bare;
  const version = isIP(inner);
  if (version === 0) return { key: `${bare}:${effective}`, name: bare, port: effective };
  return { key: version === 6 ? `[${inner}]:${effective}` : `${inner}:${effective}`, name: inner, port: effective };
}

/** -1: none. */
function portOf(host: string, from: number): number {
  if (from === host.length) return -1;
  let port = 0;
  for (let i = from; i < host.length; i++) {
    const digit = host.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    port = port * 10 + digit;
    if (port > 65_535) return -1;
  }
  return port;
}
