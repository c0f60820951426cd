// Owns `remora validate FILE...`: each file by itself, every problem of each with its place, and one exit code.
import { errorText } from '../base/error-text.ts';
import {
  type ConfigSource,
  type Diagnostic,
  diagnosticsToJson,
  formatDiagnostic,
  hasErrors,
  SourceLines,
} from '../config/api.ts';
import { readSources } from '../server/config-sources.ts';

export interface FileReport {
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];
  /** What the positions point into; empty when the file could not be read. */
  readonly text: string;
}

/** Says all that is wrong with the configuration of one file. */
export type Check = (file: string, sources: readonly ConfigSource[]) => Promise<readonly Diagnostic[]>;

/** Exit code 1 when a file has an error; warnings alone do not count. */
export async function validate(files: readonly string[], output: 'text' | 'json', check: Check): Promise<number> {
  const reports: FileReport[] = [];
  for (const file of files) reports.push(await inspect(file, check));
  process.stdout.write(output === 'json' ? toJson(reports) : toText(reports));
  return reports.some(({ diagnostics }) => hasErrors(diagnostics)) ? 1 : 0;
}

async function inspect(file: string, check: Check): Promise<FileReport> {
  let sources: ConfigSource[];
  try {
    sources = readSources({ configPath: file, configYaml: '' });
  } catch (error) {
    const message = errorText(error);
    return { file, text: '', diagnostics: [{ code: 'RMR0100', severity: 'error', message, path: '' }] };
  }
  return { file, text: sources[0]?.text ?? '', diagnostics: await check(file, sources) };
}

/** For people: the problems with their code frames, then a line for each file, in Envoy's words where it is good. */
export function toText(reports: readonly FileReport[]): string {
  let text = '';
  for (const { file, diagnostics, text: source } of reports) {
    const lines = new SourceLines(source);
    for (const diagnostic of diagnostics) text += `${formatDiagnostic(diagnostic, lines)}\n\n`;
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    const warnings = diagnostics.length - errors;
    const count = [plural(errors, 'error'), plural(warnings, 'warning')].filter(Boolean).join(', ');
    const verdict = errors > 0 ? 'is not valid' : 'OK';
    text += `configuration '${file}' ${verdict}${count === '' ? '' : ` (${count})`}\n`;
  }
  return text;
}

function plural(count: number, word: string): string {
  if (count === 0) return '';
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}

/** For tools: one object for each file, in the order given. */
export function toJson(reports: readonly FileReport[]): string {
  const files = reports.map(({ file, diagnostics }) => ({
    file,
    valid: !hasErrors(diagnostics),
    diagnostics: diagnosticsToJson(diagnostics),
  }));
  return `${JSON.stringify(files, null, 2)}\n`;
}
