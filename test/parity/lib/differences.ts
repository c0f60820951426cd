// Owns docs/differences.md: every difference from Envoy that is meant, printed from the scenarios' own lists and from the corpus
// table, so that what is documented is what the tests hold.
import { join } from 'node:path';
import { HTTP1_DIFFERENCES } from '../../corpus/http1-differences.ts';
import { PROCESS_DIFFERENCES } from './process-differences.ts';
import { loadSuites, type Scenario } from './scenario.ts';

export const DIFFERENCES_FILE = join(import.meta.dirname, '..', '..', '..', 'docs', 'differences.md');

const HEAD = `# Differences from Envoy that are meant

Printed by \`npm run parity:differences\`; do not edit. Remora does what Envoy 1.40 does, save for what is listed here. Each entry is
held by a test: when the difference goes away, or becomes another one, the test fails until the list is right again. How it is
tested is in [parity.md](parity.md).
`;

export function differencesPage(): string {
  const scenarios = loadSuites().flatMap((suite) => suite.scenarios);
  const byReason = new Map<string, Scenario[]>();
  for (const scenario of scenarios) {
    for (const difference of scenario.differences) {
      const list = byReason.get(difference.reason) ?? [];
      if (!list.includes(scenario)) list.push(scenario);
      byReason.set(difference.reason, list);
    }
  }
  const lines = [HEAD, '## Scenarios', ''];
  if (byReason.size === 0) lines.push('None.', '');
  for (const [reason, about] of [...byReason].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
    lines.push(`### ${reason}`, '');
    for (const scenario of about) {
      lines.push(`- [${scenario.id}](../test/parity/scenarios/${scenario.id}/scenario.yaml): ${scenario.title}`);
      for (const difference of scenario.differences) {
        if (difference.reason !== reason) continue;
        const ours = 'ours' in difference ? `, ours: \`${inline(difference.ours)}\`` : '';
        lines.push(`  - \`${difference.field}\`${ours}`);
      }
    }
    lines.push('');
  }
  lines.push('## The process', '');
  for (const { reason, remora } of PROCESS_DIFFERENCES) lines.push(`### ${reason}`, '', `Remora: ${remora}.`, '');
  lines.push(
    '## HTTP/1 corpus',
    '',
    'Requests of public smuggling and conformance corpora, sent with default options.',
    '',
  );
  if (HTTP1_DIFFERENCES.length === 0) lines.push('None.', '');
  for (const difference of HTTP1_DIFFERENCES) {
    lines.push(`### ${difference.reason}`, '', `Remora: ${difference.remora}.`, '');
    for (const name of difference.names) lines.push(`- \`${name}\``);
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function inline(value: unknown): string {
  const text = JSON.stringify(value);
  return (text.length <= 120 ? text : `${text.slice(0, 117)}...`).replaceAll('`', "'");
}
