// Owns the rewriting of request paths before routes see them, so that a policy on `/admin` is not passed by `/x/../admin`.
// Source: https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/header_sanitizing and RFC 3986 section 6.

export interface PathNormalization {
  readonly normalizePath: boolean;
  readonly mergeSlashes: boolean;
  readonly escapedSlashes: 'keep' | 'reject' | 'redirect' | 'forward';
}

/** `path` is what is logged in any case. `close`: the connection ends with the refusal, as in Envoy. */
export interface NormalizedPath {
  readonly path: string;
  readonly action: 'forward' | 'redirect' | 'refuse' | 'refuse-and-close';
}

const escapedSlash = /%(2f|5c)/i;
const escapedSlashes = /%(2f|5c)/gi;

export function normalizePath(target: string, settings: PathNormalization): NormalizedPath {
  const question = target.indexOf('?');
  let path = question < 0 ? target : target.slice(0, question);
  const query = question < 0 ? '' : target.slice(question);
  let action: NormalizedPath['action'] = 'forward';
  // The order is Envoy's: escaped slashes are seen by the steps behind.
  if (settings.escapedSlashes !== 'keep' && escapedSlash.test(path)) {
    path = path.replace(escapedSlashes, (_match, hex: string) => (hex.toLowerCase() === '2f' ? '/' : '\\'));
    if (settings.escapedSlashes === 'reject') return { path: path + query, action: 'refuse' };
    if (settings.escapedSlashes === 'redirect') action = 'redirect';
  }
  if (settings.normalizePath) {
    const canonical = canonicalPath(path);
    if (canonical === null) return { path: target, action: 'refuse-and-close' };
    path = canonical;
  }
  if (settings.mergeSlashes && path.includes('//')) path = mergeSlashes(path);
  return { path: path + query, action };
}

/** RFC 3986 section 6.2.2 with backslashes as slashes; null for an escaped NUL. */
function canonicalPath(path: string): string | null {
  if (!path.includes('.') && !path.includes('%') && !path.includes('\\')) return path;
  let decoded = path;
  if (path.includes('%')) {
    if (/%00/.test(path)) return null;
    // Unreserved characters need no escape (RFC 3986 section 2.3); everything else stays as it came.
    decoded = path.replace(/%([0-9a-f]{2})/gi, (escaped, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16));
      return /[A-Za-z0-9\-._~]/.test(character) ? character : escaped;
    });
  }
  const segments = decoded.replaceAll('\\', '/').split('/');
  const out: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === '.') {
      if (last) out.push('');
    } else if (segment === '..') {
      // The first segment is the empty one before the leading slash.
      if (out.length > 1) out.pop();
      if (last) out.push('');
    } else out.push(segment);
  }
  return out.join('/');
}

/** As Envoy, a path of slashes alone keeps two: its first and its last. */
function mergeSlashes(path: string): string {
  const merged = path.replace(/\/{2,}/g, '/');
  return merged === '/' ? '//' : merged;
}
