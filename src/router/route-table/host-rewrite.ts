// Owns the rewrites of a request's authority.
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import { type NameInfo, Names } from '../../http/headers/name.ts';
import { toByteString } from '../../matchers/byte-string.ts';
import type { Regex, Substitution } from '../../matchers/regex.ts';
import { pathLength } from './request-view.ts';

export interface HostRewrite {
  /** The new authority; empty: it stays. */
  host(headers: RequestHeaders): string;
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
  if (appendForwardedHost && old !== '') {
    const forwarded = headers.get(Names.xForwardedHost) ?? '';
    if (forwarded.slice(forwarded.lastIndexOf(',') + 1) !== old) headers.appendToValue(Names.xForwardedHost, old);
  }
  if (keepOriginal) headers.set(Names.xEnvoyOriginalHost, old);
  headers.authority = host;
}
