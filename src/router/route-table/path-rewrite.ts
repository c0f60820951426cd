// Owns the rewrites of a path: what a matched prefix is replaced with, a regular expression over the path, a format, a
// URI template. The query stays as it is.
import type { RequestHeaders } from '../../http/headers/header-map.ts';
import { toByteString } from '../../matchers/byte-string.ts';
import type { Regex, Substitution } from '../../matchers/regex.ts';
import type { Formatter } from '../../observability/access-log/api.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import { formatForRequest } from './format-source.ts';
import type { PathPattern } from './path-pattern.ts';
import { pathLength } from './request-view.ts';

export interface PathRewrite {
  /** The new path, with the query of the old one; undefined when nothing is to be changed. */
  rewrite(path: string, headers: RequestHeaders, streamInfo: StreamInfo): string | undefined;
}

/** prefix_rewrite: what the route's pattern matched goes, the rest stays. */
export class PrefixRewrite implements PathRewrite {
  /** Length of what matched; -1 for the whole path without query (regular expressions). */
  readonly #matchedLength: number;
  readonly #replacement: string;

  constructor(pattern: PathPattern, replacement: string) {
    this.#matchedLength = pattern.kind === 'regex' || pattern.kind === 'connect' ? -1 : pattern.text.length;
    this.#replacement = toByteString(replacement);
  }

  rewrite(path: string): string {
    return this.#replacement + path.slice(this.#matchedLength === -1 ? pathLength(path) : this.#matchedLength);
  }
}

/** regex_rewrite: every match in the path is replaced. As Envoy: an empty result changes nothing. */
export class RegexPathRewrite implements PathRewrite {
  readonly #regex: Regex;
  readonly #substitution: Substitution;

  constructor(regex: Regex, substitution: Substitution) {
    this.#regex = regex;
    this.#substitution = substitution;
  }

  rewrite(path: string): string | undefined {
    const end = pathLength(path);
    const rewritten = this.#regex.replaceAll(path.slice(0, end), this.#substitution);
    return rewritten === '' ? undefined : rewritten + path.slice(end);
  }
}

/** path_rewrite: a format over the request as header and host rules left it. As Envoy: an empty result changes nothing. */
export class FormatPathRewrite implements PathRewrite {
  readonly #format: Formatter;

  constructor(format: Formatter) {
    this.#format = format;
  }

  rewrite(path: string, headers: RequestHeaders, streamInfo: StreamInfo): string | undefined {
    const rewritten = formatForRequest(this.#format, headers, streamInfo);
    return rewritten === '' ? undefined : rewritten + path.slice(pathLength(path));
  }
}

/** path_rewrite_policy with a URI template: what the variables of the route's template matched, put together anew. */
export class TemplatePathRewrite implements PathRewrite {
  readonly #regex: Regex;
  readonly #substitution: Substitution;

  constructor(regex: Regex, substitution: Substitution) {
    this.#regex = regex;
    this.#substitution = substitution;
  }

  rewrite(path: string): string | undefined {
    const end = pathLength(path);
    const matched = path.slice(0, end);
    // A filter may have changed the path since it was matched.
    if (!this.#regex.matches(matched)) return undefined;
    return this.#regex.replaceAll(matched, this.#substitution) + path.slice(end);
  }
}
