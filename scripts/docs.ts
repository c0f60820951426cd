/**
 * `npm run docs`: everything in the documents that is printed from code or results, never typed: the bench table of the
 * README, docs/benchmarks.md with its charts, docs/extensions.md. Results are those of the last `npm run bench` on this machine.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobs } from '../bench/jobs/index.ts';
import { metrics } from '../bench/metrics.ts';
import { writeDocument } from '../bench/report/document.ts';
import { figuresOf, type JobOutcome, load } from '../bench/results.ts';
import { EXTENSIONS_FILE, extensionsPage } from './extensions-page.ts';

const BEGIN = '<!-- bench: written by npm run docs -->';
const END = '<!-- end of bench -->';

const root = join(import.meta.dirname, '..');

/** One row for each case: the headline figure of Remora and Envoy, and their ratio. */
export function benchTable(outcomes: readonly JobOutcome[]): string {
  const rows: string[] = [];
  for (const outcome of outcomes) {
    const { label, format } = metrics[outcome.headline];
    for (const { name } of outcome.cases) {
      const ours = figuresOf(outcome, name, 'remora')?.[outcome.headline];
      const envoys = figuresOf(outcome, name, 'envoy')?.[outcome.headline];
      if (ours === undefined || envoys === undefined) continue;
      rows.push(
        `| ${outcome.title}, ${name} | ${label} | ${format(ours)} | ${format(envoys)} | ${(ours / envoys).toFixed(2)} |`,
      );
    }
  }
  if (rows.length === 0) return 'No results yet: run `npm run bench`, then `npm run docs`.';
  return ['| job | figure | Remora | Envoy | ÷ Envoy |', '| --- | --- | ---: | ---: | ---: |', ...rows].join('\n');
}

/** The text with what stands between the markers replaced. Throws when the markers are not there. */
export function replaceBetween(text: string, begin: string, end: string, content: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the markers '${begin}' and '${end}' are missing`);
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}

const outcomes = jobs.map(({ name }) => load(name)).filter((outcome) => outcome !== undefined);
const readme = join(root, 'README.md');
writeFileSync(readme, replaceBetween(readFileSync(readme, 'utf8'), BEGIN, END, benchTable(outcomes)));
writeFileSync(EXTENSIONS_FILE, extensionsPage());
process.stdout.write(`wrote ${[readme, EXTENSIONS_FILE, ...writeDocument()].join(', ')}\n`);
