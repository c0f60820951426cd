/**
 * Puts the last results into `docs/benchmarks.md` (between its two markers) and the charts beside it, so that the document
 * never quotes a figure that no run has given.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobs } from '../jobs/index.ts';
import { projectRoot } from '../paths.ts';
import { type JobOutcome, load, timing } from '../results.ts';
import { chart } from './chart.ts';
import { markdownTable } from './table.ts';

const BEGIN = '<!-- results: written by npm run bench -- --docs -->';
const END = '<!-- end of results -->';

export function section(outcomes: readonly JobOutcome[]): string {
  const [first] = outcomes;
  if (first === undefined) return 'No results yet: run `npm run bench`.';
  const versions = new Map(outcomes.flatMap(({ versions: each }) => Object.entries(each)));
  const { cpu, kernel, driver, upstream, cores } = first.machine;
  return [
    `${first.date.slice(0, 10)}, ${cpu}, Linux ${kernel}; ${cores}; load by ${driver}, upstream ${upstream}; ` +
      `${[...versions].map(([name, version]) => `${name} ${version}`).join(', ')}.`,
    ...outcomes.map(
      (outcome) =>
        `${markdownTable(outcome)}\n\n(${timing(outcome)})\n\n![${outcome.job}](benchmarks/${outcome.job}.svg)`,
    ),
  ].join('\n\n');
}

/** Returns the files written. */
export function writeDocument(): string[] {
  const outcomes = jobs.map(({ name }) => load(name)).filter((outcome) => outcome !== undefined);
  const file = join(projectRoot, 'docs/benchmarks.md');
  const text = readFileSync(file, 'utf8');
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${file} has lost its markers '${BEGIN}' and '${END}'`);
  writeFileSync(file, `${text.slice(0, begin)}${BEGIN}\n\n${section(outcomes)}\n\n${text.slice(end)}`);
  const charts = join(projectRoot, 'docs/benchmarks');
  mkdirSync(charts, { recursive: true });
  const written = outcomes.map((outcome) => {
    const path = join(charts, `${outcome.job}.svg`);
    writeFileSync(path, chart(outcome));
    return path;
  });
  return [file, ...written];
}
