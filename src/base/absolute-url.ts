// Owns how absolute URLs in header values are read: which host and port they name. As strict as Envoy's reader, which was
// asked value by value (test/parity/scenarios/filters-csrf, headers/referer): no underscore in a host, no fragment in the
// place of a path, ports up to 65535.
import { isIPv6 } from 'node:net';

const pattern =
  /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/([^/?#@]*@)?((\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9.-]+)(?::([0-9]+))?)(?:[/?]([\x21-\x7e]*))?$/;

/** `host` or `host:port` as the URL spells them, without user and password; undefined when it is no such URL. */
export function hostAndPortOf(url: string): string | undefined {
  const match = pattern.exec(url);
  return match !== null && isPlausible(match) ? match[2] : undefined;
}

export interface AbsoluteUrl {
  /** In lower case. */
  readonly scheme: string;
  readonly hostAndPort: string;
  /** Begins with a slash; without the fragment. */
  readonly pathAndQuery: string;
}

export function readAbsoluteUrl(url: string): AbsoluteUrl | undefined {
  const match = pattern.exec(url);
  if (match === null || !isPlausible(match)) return undefined;
  const scheme = url.slice(0, url.indexOf(':'));
  const hostAndPort = match[2] as string;
  const rest = url.slice(scheme.length + '://'.length + (match[1]?.length ?? 0) + hostAndPort.length);
  const hash = rest.indexOf('#');
  const target = hash < 0 ? rest : rest.slice(0, hash);
  const pathAndQuery = target.startsWith('/') ? target : `/${target}`;
  return { scheme: scheme.toLowerCase(), hostAndPort, pathAndQuery };
}

/** Brackets hold an address, and the port is one. */
function isPlausible([, , , host = '', port]: RegExpExecArray): boolean {
  if (port !== undefined && Number(port) > 65_535) return false;
  return !host.startsWith('[') || isIPv6(host.slice(1, -1));
}

const relative = /^(?:[\w.~!$&'()*+,;=@%?-]*(?:\/[\w.~!$&'()*+,;=@%?:/-]*)?)$/;

/** Whether a Referer may be passed on: an absolute URL without user and fragment, or a relative reference without one. */
export function isValidReferer(value: string): boolean {
  const match = pattern.exec(value);
  if (match !== null && isPlausible(match)) return match[1] === undefined && !(match[5] ?? '').includes('#');
  return relative.test(value);
}
