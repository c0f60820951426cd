// Owns the rewrites of a request's authority.
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import { type NameInfo, Names } from '../../http/headers/name.ts';
import { toByteString } from '../../matchers/byte-string.ts';
import type { Regex, Substitution } from '../../matchers/regex.ts';
import type { Formatter } from '../../observability/access-log/api.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import { formatForRequest } from './format-source.ts';
import { pathLength } from './request-view.ts';

export interface HostRewrite {
  /** The new authority; empty: it stays. */
  host(headers: RequestHeaders, streamInfo: StreamInfo): string;
}

export class LiteralHostRewrite implements HostRewrite {
  readonly #host: string;
  constructor(host: string) {
    this.#host = toByteString(host);
  }
  host(): string {
    return this.#host;
  }
}

export class HeaderHostRewrite implements HostRewrite {
  readonly #name: NameInfo;
  constructor(name: NameInfo) {
    this.#name = name;
  }
  host(headers: RequestHeaders): string {
    return headers.get(this.#name) ?? '';
  }
}

export class PathRegexHostRewrite implements HostRewrite {
  readonly #regex: Regex;
  readonly #substitution: Substitution;
  constructor(regex: Regex, substitution: Substitution) {
    this.#regex = regex;
    this.#substitution = substitution;
  }
  host(headers: RequestHeaders): string {
    return this.#regex.replaceAll(headers.path.slice(0, pathLength(headers.path)), this.#substitution);
  }
}

/** host_rewrite: a format; a value that is not there is `-`, as in Envoy. */
export class FormatHostRewrite implements HostRewrite {
  readonly #format: Formatter;
  constructor(format: Formatter) {
    this.#format = format;
  }
  host(headers: RequestHeaders, streamInfo: StreamInfo): string {
    return formatForRequest(this.#format, headers, streamInfo);
  }
}

/**
 * Sets the authority as Envoy does: the old one goes to x-envoy-original-host (`keepOriginal`) and, where the route asks
 * for it, to the end of x-forwarded-host, unless it is the last there. Also what auto_host_rewrite does once the upstream
 * host is known.
 */
export function updateAuthority(
  headers: RequestHeaders,
  host: string,
  appendForwardedHost: boolean,
  keepOriginal: boolean,
): void {
  const old = headers.authority;
  // An empty one is told, none (a filter has removed it) is not.
  if (keepOriginal && (old !== '' || headers.emptyHost)) headers.set(Names.xEnvoyOriginalHost, old);
  if (appendForwardedHost && old !== '') {
    const forwarded = headers.get(Names.xForwardedHost) ?? '';
    if (forwarded.slice(forwarded.lastIndexOf(',') + 1) !== old) headers.appendToValue(Names.xForwardedHost, old);
  }
  headers.authority = host;
}
