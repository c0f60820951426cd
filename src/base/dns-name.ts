// Owns the comparison of DNS names with those of certificates.

/** RFC 6125 section 6.4.3, as Envoy: a wildcard stands for one label or a part of it, in the first label. */
export function dnsNameMatches(name: string, pattern: string): boolean {
  const wanted = name.toLowerCase();
  const lower = pattern.toLowerCase();
  if (wanted === lower) return true;
  const [label = '', ...rest] = lower.split('.');
  const [first = '', ...others] = wanted.split('.');
  const star = label.indexOf('*');
  if (star === -1 || label.includes('*', star + 1) || label.startsWith('xn--')) return false;
  if (rest.length === 0 || rest.join('.') !== others.join('.')) return false;
  const [before, after] = [label.slice(0, star), label.slice(star + 1)];
  return first.length >= before.length + after.length && first.startsWith(before) && first.endsWith(after);
}
