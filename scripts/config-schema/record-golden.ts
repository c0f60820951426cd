/**
 * Writes what golden cases expect: `record-golden.ts [--oracle PATH_OF_ENVOY] [NAME...]`. With an oracle, the real Envoy's
 * verdict (`envoy --mode validate`) is written too; without, it stays. Prints the cases where we differ from it. Read the
 * difference in git before committing: this writes down whatever we say.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type GoldenCase, judge, parseGoldenCase } from './golden-case.ts';

const { values, positionals } = parseArgs({ options: { oracle: { type: 'string' } }, allowPositionals: true });
const folder = join(import.meta.dirname, '../../test/golden/config');
const workspace = mkdtempSync(join(tmpdir(), 'remora-golden-'));

function askOracle(golden: GoldenCase): string {
  const [file, overlay] = golden.sources;
  const suffix = { yaml: 'yaml', json: 'json', text_proto: 'pb_text', binary_proto: 'pb' }[file?.format ?? 'yaml'];
  const path = join(workspace, `input.${suffix}`);
  writeFileSync(path, file?.text ?? '');
  const flags = ['--mode', 'validate', '-c', path, '--use-dynamic-base-id', '--concurrency', '1', '-l', 'error'];
  if (overlay !== undefined) flags.push('--config-yaml', overlay.text);
  if (golden.headers.get('unknown-fields') === 'warn') flags.push('--allow-unknown-static-fields');
  const run = spawnSync(values.oracle ?? '', flags, { encoding: 'utf8', timeout: 30_000 });
  const output = `${run.stdout}${run.stderr}`;
  if (process.env['SHOW'] !== undefined) console.log(output.replaceAll(path, '').slice(0, 600));
  return /configuration .* OK/.test(output) ? 'accepts' : 'refuses';
}

for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith('.txt') || (positionals.length > 0 && !positionals.some((name) => file.startsWith(name))))
    continue;
  const path = join(folder, file);
  const content = readFileSync(path, 'utf8');
  const golden = parseGoldenCase(content);
  const verdict = values.oracle === undefined ? golden.headers.get('envoy') : askOracle(golden);
  const { accepted, text } = await judge(golden);
  const headers = [...golden.headers].filter(([name]) => name !== 'envoy');
  const head = [['envoy', verdict ?? 'not asked'], ...headers].map(
    ([name, value]) => `# ${name}${value === '' ? '' : `: ${value}`}\n`,
  );
  const body = golden.sources.map((source, index) => `${index > 0 ? '==== --config-yaml\n' : ''}${source.text}`);
  const next = `${head.join('')}${body.join('')}==== diagnostics\n${text}`;
  if (next !== content) writeFileSync(path, next);
  if (verdict !== (accepted ? 'accepts' : 'refuses') && !golden.headers.has('differs')) {
    console.log(`${file}: Envoy ${verdict}, we do not\n${text}`);
  }
}
rmSync(workspace, { recursive: true });
