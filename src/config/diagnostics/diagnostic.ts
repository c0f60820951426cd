/** Owns the shape of one thing said about a configuration. */
import type { DiagnosticCode, Severity } from './catalogue.ts';

/** Counts from 1, columns in UTF-16 units as editors do. */
export type SourcePosition = { readonly file: string; readonly line: number; readonly column: number };

export type Diagnostic = {
  readonly code: DiagnosticCode;
  /** The catalogue's, except that unknown fields become warnings where they are allowed. */
  readonly severity: Severity;
  readonly message: string;
  /** `static_resources.clusters[0].connect_timeout`; empty for the document as a whole. */
  readonly path: string;
  /** Absent for what came over the wire. */
  readonly position?: SourcePosition;
  readonly suggestion?: string;
};

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}
