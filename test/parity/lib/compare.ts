// Owns the comparison of two observations: a list of fields that differ, each with its path, and the sorting of them into meant
// differences (listed in the scenario with a reason) and unexpected ones.
import type { Json, Observation } from './observation.ts';
import type { Difference } from './scenario.ts';

export interface FieldDifference {
  /** For instance `client.a.responses.0.headers[server]`. */
  field: string;
  envoy: Json | undefined;
  remora: Json | undefined;
}

export interface Verdict {
  unexpected: FieldDifference[];
  /** Meant differences that did not occur: the list in the scenario is out of date. */
  unused: Difference[];
}

export function judge(envoy: Observation, remora: Observation, meant: readonly Difference[]): Verdict {
  const found: FieldDifference[] = [];
  compareJson('', envoy, remora, found);
  const used = new Set<Difference>();
  const unexpected = found.filter((difference) => {
    const match = meant.find((m) => covers(m, difference));
    if (match) used.add(match);
    return match === undefined;
  });
  return { unexpected, unused: meant.filter((m) => !used.has(m)) };
}

function covers(meant: Difference, found: FieldDifference): boolean {
  const pattern = meant.field
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^.[\\]]+');
  if (!new RegExp(`^${pattern}($|[.[])`).test(found.field)) return false;
  return !('ours' in meant) || JSON.stringify(meant.ours) === JSON.stringify(found.remora);
}

function compareJson(path: string, envoy: Json | undefined, remora: Json | undefined, found: FieldDifference[]): void {
  if (Array.isArray(envoy) && Array.isArray(remora)) {
    if (/\.(headers|trailers)$/.test(path)) compareFields(path, envoy.map(String), remora.map(String), found);
    else
      for (let i = 0; i < Math.max(envoy.length, remora.length); i++)
        compareJson(join(path, String(i)), envoy[i], remora[i], found);
    return;
  }
  if (isObject(envoy) && isObject(remora)) {
    for (const key of new Set([...Object.keys(envoy), ...Object.keys(remora)])) {
      compareJson(join(path, key), envoy[key], remora[key], found);
    }
    return;
  }
  if (envoy !== remora) found.push({ field: path, envoy, remora });
}

/** Field lines: which name has other values, and only when none has, whether their order is another. */
function compareFields(path: string, envoy: string[], remora: string[], found: FieldDifference[]): void {
  const before = found.length;
  // The second character on: names of pseudo-headers begin with a colon.
  const names = new Set([...envoy, ...remora].map((line) => line.slice(0, line.indexOf(':', 1))));
  for (const name of names) {
    const theirs = envoy.filter((line) => line.startsWith(`${name}:`)).join('\n');
    const ours = remora.filter((line) => line.startsWith(`${name}:`)).join('\n');
    if (theirs !== ours)
      found.push({ field: `${path}[${name}]`, envoy: theirs || undefined, remora: ours || undefined });
  }
  if (found.length === before && withoutPseudo(envoy) !== withoutPseudo(remora))
    found.push({ field: `${path}[order]`, envoy, remora });
}

/** That pseudo-headers come first is checked where frames are read; their own order means nothing (RFC 9113 section 8.3). */
function withoutPseudo(lines: string[]): string {
  return lines.filter((line) => !line.startsWith(':')).join('\n');
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return value !== undefined && value !== null && typeof value === 'object' && !Array.isArray(value);
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
