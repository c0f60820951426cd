/** Outcomes as tables: aligned columns for a terminal, pipes for a document. */
import { type Figures, type MetricKey, metricKeys, metrics } from '../metrics.ts';
import { type CaseOutcome, type JobOutcome, timing } from '../results.ts';

/** The proxy that all others are compared to. */
export const REFERENCE = 'envoy';

/** A ratio in the direction of the figures themselves: below 1 is less than Envoy's. */
export function ratio(one: CaseOutcome, proxy: string, key: MetricKey): number | undefined {
  const value = (name: string): number | undefined => one.proxies.find((each) => each.name === name)?.figures[key];
  const ours = value(proxy);
  const reference = value(REFERENCE);
  return ours === undefined || reference === undefined || reference === 0 ? undefined : ours / reference;
}

/** Columns: those that any proxy of the case has, the headline first. */
function columns(one: CaseOutcome, headline: MetricKey): MetricKey[] {
  const present = metricKeys.filter((key) => one.proxies.some(({ figures }) => figures[key] !== undefined));
  return [headline, ...present.filter((key) => key !== headline)];
}

function rows(one: CaseOutcome, headline: MetricKey): string[][] {
  const keys = columns(one, headline);
  const title = [
    'proxy',
    ...keys.flatMap((key) => (key === headline ? [metrics[key].label, '÷ Envoy'] : [metrics[key].label])),
  ];
  const cell = (figures: Figures, key: MetricKey): string => {
    const value = figures[key];
    return value === undefined ? '–' : metrics[key].format(value);
  };
  const body = one.proxies.map(({ name, figures, errors }) => [
    errors === 0 ? name : `${name} (${errors} errors)`,
    ...keys.flatMap((key) =>
      key === headline ? [cell(figures, key), ratio(one, name, key)?.toFixed(2) ?? '–'] : [cell(figures, key)],
    ),
  ]);
  return [title, ...body];
}

function align(table: readonly string[][]): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table
    .map((row) =>
      row
        .map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

export function terminalTable(outcome: JobOutcome): string {
  const lines = [
    `\n${outcome.job}: ${outcome.description}`,
    `${outcome.machine.cores}; ${outcome.machine.driver} → proxy → ${outcome.machine.upstream}; ${timing(outcome)}`,
    Object.entries(outcome.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ];
  for (const one of outcome.cases) lines.push(`\n${one.name}\n${align(rows(one, outcome.headline))}`);
  for (const [name, reason] of Object.entries(outcome.failed)) lines.push(`\n${name} did not run: ${reason}`);
  return lines.join('\n');
}

export function markdownTable(outcome: JobOutcome): string {
  const parts = [`### ${outcome.job}`, `${outcome.description}.`];
  for (const one of outcome.cases) {
    const [title = [], ...body] = rows(one, outcome.headline);
    const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
    parts.push(
      `**${one.name}**\n\n${[line(title), `| --- |${' ---: |'.repeat(title.length - 1)}`, ...body.map(line)].join('\n')}`,
    );
  }
  return parts.join('\n\n');
}
