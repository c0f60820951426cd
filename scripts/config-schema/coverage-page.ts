// Writes docs/coverage.md and docs/diagnostics.md: the pages printed from the coverage table, its proof and the catalogue.
import { join } from 'node:path';
import type { DescMessage } from '@bufbuild/protobuf';
import { catalogue, registry } from '../../src/config/api.ts';
import { coverageOf } from '../../src/config/coverage/coverage.ts';
import { packages } from '../../src/config/coverage/packages.ts';

const docs = join(import.meta.dirname, '../../docs');
export const COVERAGE_FILE = join(docs, 'coverage.md');
export const DIAGNOSTICS_FILE = join(docs, 'diagnostics.md');

/** `proof`: the tests of each field, by its full name. */
export function coveragePage(proof: ReadonlyMap<string, readonly string[]>): string {
  const lines = [
    '# Coverage of the API',
    '',
    'Printed by `npm run coverage-table` from `src/config/coverage/`; do not edit. A field counts as implemented when a test',
    'names it; "implemented, no test yet" has its effect, but nothing proves it. Fields of Envoy\'s API that do not stand here',
    'have no effect yet: setting one is warned about once, with its place; an extension that is not implemented is an error.',
    '',
  ];
  const totals = { implemented: 0, untested: 0, harmless: 0, refused: 0, 'not yet': 0 };
  const sections: string[] = [];
  for (const name of Object.keys(packages).sort()) {
    const message = registry().getMessage(name);
    if (message === undefined) throw new Error(`src/config/coverage names ${name}, which the API does not have`);
    const rows = message.fields
      .filter((field) => !field.deprecated || coverageOf(name, field.name).status !== 'not-yet')
      .map((field) => {
        const { status, reason } = coverageOf(name, field.name);
        const tests = proof.get(`${name}.${field.name}`);
        if (status === 'implemented' && tests === undefined) {
          totals.untested++;
          return `| ${field.name} | implemented, no test yet | |`;
        }
        totals[status === 'not-yet' ? 'not yet' : status]++;
        const note = status === 'implemented' ? `\`${tests?.[0]}\`` : reason;
        return `| ${field.name} | ${status.replace('-', ' ')} | ${note} |`;
      });
    sections.push(`## ${name}`, '', '| field | status | test or reason |', '| --- | --- | --- |', ...rows, '');
  }
  lines.push(
    `Of the ${Object.keys(packages).length} messages below: ${totals.implemented} fields implemented, ${totals.untested} implemented without a test, ` +
      `${totals.harmless} harmless here, ${totals.refused} refused, ${totals['not yet']} not yet. The whole API has ${countFields()} fields.`,
    '',
    ...sections,
  );
  return lines.join('\n');
}

/** Fields of Envoy's configuration messages; the services' own requests and answers are not configuration. */
function countFields(): number {
  for (const name of [...registry().topLevelNames()]) registry().get(name);
  const isConfiguration = (message: DescMessage): boolean =>
    /^envoy\.(config|extensions|type)\./.test(message.typeName) && !message.deprecated;
  let count = 0;
  for (const type of registry()) if (type.kind === 'message' && isConfiguration(type)) count += type.fields.length;
  return count;
}

export function diagnosticsPage(): string {
  const lines = [
    '# Diagnostics',
    '',
    'Everything that can be said about a configuration. Printed by `npm run coverage-table` from',
    '`src/config/diagnostics/catalogue.ts`; do not edit. Numbers are never used again for something else.',
    '',
    '| code | name | level | meaning |',
    '| --- | --- | --- | --- |',
  ];
  for (const [code, { name, severity, meaning }] of Object.entries(catalogue)) {
    lines.push(`| ${code} | ${name} | ${severity} | ${meaning.replaceAll('|', '\\|')} |`);
  }
  return `${lines.join('\n')}\n`;
}
