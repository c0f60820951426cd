/** Owns how diagnostics look: readable text with a code frame, and JSON for tools. */
import { SourceLines } from '../source/lines.ts';
import { hidePrivateParts } from '../source/private-parts.ts';
import { catalogue } from './catalogue.ts';
import type { Diagnostic } from './diagnostic.ts';

/**
 * One diagnostic as text, without colours:
 *
 *     front-proxy.yaml:12:7: error RMR0101 unknown-field: Cluster has no field "conect_timeout"
 *       at static_resources.clusters[0].conect_timeout
 *       11 |   - name: a
 *       12 |     conect_timeout: 1s
 *          |     ^
 *       did you mean connect_timeout?
 *
 * `text` is the source the position points into; without it there is no frame. For many diagnostics of one text hand in
 * its SourceLines.
 */
export function formatDiagnostic(diagnostic: Diagnostic, text?: string | SourceLines): string {
  const { code, severity, message, path, position, suggestion } = diagnostic;
  const where = position === undefined ? '' : `${position.file}:${position.line}:${position.column}: `;
  const lines = [`${where}${severity} ${code} ${catalogue[code].name}: ${hidePrivateParts(message)}`];
  if (path !== '') lines.push(`  at ${path}`);
  if (position !== undefined && text !== undefined) {
    const source = typeof text === 'string' ? new SourceLines(text) : text;
    lines.push(...codeFrame(source, position.line, position.column));
  }
  if (suggestion !== undefined) lines.push(`  ${suggestion}`);
  return lines.join('\n');
}

/** The array that `remora validate -o json` prints. */
export function diagnosticsToJson(diagnostics: readonly Diagnostic[]): unknown[] {
  return diagnostics.map(({ code, severity, message, path, position, suggestion }) => ({
    code,
    name: catalogue[code].name,
    severity,
    message,
    path,
    ...position,
    ...(suggestion === undefined ? {} : { suggestion }),
  }));
}

/** The line itself with the one before it. A line longer than a screen (JSON in one line) is cut around the column. */
function codeFrame(source: SourceLines, line: number, column: number): string[] {
  const lines = [source.line(line - 1), source.line(line)].filter((content) => content !== undefined);
  const digits = String(line).length;
  const skipped = Math.max(0, column - 80);
  const cut = (content: string): string =>
    content
      .slice(skipped, skipped + 140)
      .replaceAll('\t', ' ')
      .replaceAll('\r', '')
      // A file that is no text must not steer the terminal.
      .replace(/\p{Cc}/gu, '·');
  const frame = lines.map((content, index) => {
    const number = line - lines.length + 1 + index;
    return `  ${String(number).padStart(digits)} | ${cut(content)}`.trimEnd();
  });
  frame.push(`  ${' '.repeat(digits)} | ${' '.repeat(column - 1 - skipped)}^`);
  return frame;
}
