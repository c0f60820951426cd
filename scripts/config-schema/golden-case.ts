/**
 * Owns the form of a golden case of the configuration (test/golden/config/NAME.txt):
 *
 *     # envoy: refuses            what the real Envoy said (`accepts` or `refuses`), written by record-golden.ts
 *     # differs: REASON           only where we deliberately say otherwise
 *     # format: json              yaml unless said
 *     # unknown-fields: warn      refuse unless said
 *     # extensions: A B           implemented extensions; all of the API's unless said
 *     # coverage                  warnings on fields without effect, which are left out unless asked for
 *     the text, as `input`
 *     ==== --config-yaml          optionally, a text laid over it
 *     ==== diagnostics
 *     what is expected, as formatDiagnostic prints it without frames
 */
import {
  type ConfigOptions,
  type ConfigSource,
  formatDiagnostic,
  hasErrors,
  type SourceFormat,
  type UnknownFields,
  validateConfig,
} from '../../src/config/api.ts';

export type GoldenCase = {
  readonly headers: ReadonlyMap<string, string>;
  readonly sources: readonly ConfigSource[];
  readonly expected: string;
};

export function parseGoldenCase(content: string): GoldenCase {
  const [head = '', expected = ''] = splitAt(content, '==== diagnostics\n');
  const headers = new Map<string, string>();
  let text = head;
  for (let match = headerPattern.exec(text); match !== null; match = headerPattern.exec(text)) {
    headers.set(match[1] ?? '', match[2] ?? '');
    text = text.slice(match[0].length);
  }
  const format = toFormat(headers.get('format') ?? 'yaml');
  const [file = '', overlay] = splitAt(text, '==== --config-yaml\n');
  const sources: ConfigSource[] = [{ name: 'input', format, text: file }];
  if (overlay !== undefined) sources.push({ name: '--config-yaml', format: 'yaml', text: overlay });
  return { headers, sources, expected };
}

const headerPattern = /^# (envoy|differs|format|unknown-fields|extensions|coverage)(?:: (.*))?\n/;

function splitAt(text: string, separator: string): [string, string | undefined] {
  const at = text.startsWith(separator) ? 0 : text.indexOf(`\n${separator}`) + 1;
  if (at === 0 && !text.startsWith(separator)) return [text, undefined];
  return [text.slice(0, at), text.slice(at + separator.length)];
}

function toFormat(name: string): SourceFormat {
  if (name === 'yaml' || name === 'json' || name === 'text_proto') return name;
  throw new Error(`no golden case of format ${name}`);
}

function toUnknownFields(name: string): UnknownFields {
  if (name === 'refuse' || name === 'warn' || name === 'ignore') return name;
  throw new Error(`no policy ${name} for unknown fields`);
}

/** What we say of the case. */
export async function judge(golden: GoldenCase): Promise<{ readonly accepted: boolean; readonly text: string }> {
  const extensions = golden.headers.get('extensions');
  const options: ConfigOptions = {
    unknownFields: toUnknownFields(golden.headers.get('unknown-fields') ?? 'refuse'),
    skipCoverage: !golden.headers.has('coverage'),
    ...(extensions === undefined ? {} : { knownExtensions: new Set(extensions.split(' ')) }),
  };
  const { diagnostics } = await validateConfig(golden.sources, options);
  const text = diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`).join('');
  return { accepted: !hasErrors(diagnostics), text };
}
