// Owns what a route asks of a request's path. Paths are compared without query and fragment, as bytes.
import type { Regex } from '../../matchers/regex.ts';
import type { UriTemplate } from './uri-template.ts';

export type PathPattern =
  | {
      /** `separated-prefix`: the whole path, or followed by a slash. */
      readonly kind: 'exact' | 'prefix' | 'separated-prefix';
      /** A byte string. */
      readonly text: string;
      readonly ignoreCase: boolean;
    }
  | {
      readonly kind: 'regex';
      readonly regex: Regex;
      /** What the expression was made from (path_match_policy). */
      readonly template?: UriTemplate;
    }
  /** Any CONNECT request; the only kind that matches one without a path. */
  | { readonly kind: 'connect' };

/** In words, for explanations. */
export function describePath(pattern: PathPattern): string {
  switch (pattern.kind) {
    case 'exact':
      return `path ${pattern.text}`;
    case 'prefix':
      return `prefix ${pattern.text}`;
    case 'separated-prefix':
      return `path_separated_prefix ${pattern.text}`;
    case 'regex':
      return pattern.template === undefined
        ? `safe_regex ${pattern.regex.pattern}`
        : `path_template ${pattern.template.text}`;
    case 'connect':
      return 'connect_matcher';
  }
}
