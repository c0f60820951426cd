/**
 * Owns which fields of the API have an effect here. One file for each package of the API lists its messages; a field that
 * is not listed is 'not-yet', so the whole API is covered by default. docs/coverage.md is printed from it.
 */
import { laterReason } from './later.ts';
import { packages } from './packages.ts';

export type FieldStatus =
  /** Does what Envoy does; a test names it (test/unit/config/coverage.test.ts). */
  | 'implemented'
  /** Accepted and rightly without effect here; the reason is in the table. */
  | 'harmless'
  /** Warned about when set. */
  | 'not-yet'
  /** An error when set: ignoring it would do something else than was asked for. */
  | 'refused';

export type FieldCoverage = { readonly status: FieldStatus; readonly reason: string };

/** What a package file says of one message; names in the API's spelling. */
export type MessageCoverage = {
  readonly implemented?: readonly string[];
  /** Field to reason. */
  readonly harmless?: Readonly<Record<string, string>>;
  readonly refused?: Readonly<Record<string, string>>;
  /** Only to say something about a field that is not there yet (an issue, what to use instead). */
  readonly notYet?: Readonly<Record<string, string>>;
};

export type PackageCoverage = Readonly<Record<string, MessageCoverage>>;

const implemented: FieldCoverage = { status: 'implemented', reason: '' };

/** `messageName` is a full name, `field` in the API's spelling. */
export function coverageOf(messageName: string, field: string): FieldCoverage {
  // Types that are not Envoy's own carry values, not behaviour.
  if (!messageName.startsWith('envoy.')) return implemented;
  const message = packages[messageName];
  if (message === undefined) return { status: 'not-yet', reason: laterReason(messageName) };
  if (message.implemented?.includes(field)) return implemented;
  const harmless = message.harmless?.[field];
  if (harmless !== undefined) return { status: 'harmless', reason: harmless };
  const refused = message.refused?.[field];
  if (refused !== undefined) return { status: 'refused', reason: refused };
  return { status: 'not-yet', reason: message.notYet?.[field] ?? laterReason(messageName) };
}
