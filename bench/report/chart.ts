/**
 * A job as a chart: horizontal bars from zero, each labelled with its name, its value and its ratio to Envoy, so that no
 * legend and no axis has to be looked up. Plain SVG text with its own white background, readable in light and dark pages.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MetricKey, metrics } from '../metrics.ts';
import { resultsDir } from '../paths.ts';
import { type CaseOutcome, type JobOutcome, timing } from '../results.ts';
import { REFERENCE, ratio } from './table.ts';

interface Bar {
  readonly name: string;
  readonly value: number;
  readonly label: string;
}

interface Group {
  readonly title: string;
  readonly bars: readonly Bar[];
  /** The value that fills the width. */
  readonly full: number;
}

const WIDTH = 760;
const LEFT = 190;
/** Room behind the longest bar for its label. */
const RIGHT = 190;
const BAR = 18;
const STEP = 23;
const GROUP_GAP = 16;
const HEADER = 76;
const FOOTER = 34;

/** Ours stands out, the yardstick is dark, the others are background. */
const colour = (name: string): string => {
  if (name.startsWith('remora')) return name === 'remora' ? '#0f8b8d' : '#7cc4c5';
  return name === REFERENCE ? '#4a4e69' : '#b8bcc8';
};

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function bars(one: CaseOutcome, key: MetricKey): Bar[] {
  const { format, unit } = metrics[key];
  return one.proxies.flatMap(({ name, figures, errors }) => {
    const value = figures[key];
    if (value === undefined) return [];
    const times = name === REFERENCE ? undefined : ratio(one, name, key);
    const label = `${format(value)} ${unit}${times === undefined ? '' : ` · ${times.toFixed(2)} ×`}${errors > 0 ? ' (errors)' : ''}`;
    return [{ name, value, label }];
  });
}

const largest = (all: readonly Bar[]): number => Math.max(Number.MIN_VALUE, ...all.map(({ value }) => value));

/** Several cases share the headline's scale; a single case shows each of its figures on a scale of its own. */
function groups(outcome: JobOutcome): Group[] {
  const [first, ...more] = outcome.cases;
  if (first === undefined) return [];
  if (more.length > 0) {
    const full = largest(outcome.cases.flatMap((one) => bars(one, outcome.headline)));
    return outcome.cases.map((one) => ({ title: one.name, bars: bars(one, outcome.headline), full }));
  }
  const keys: MetricKey[] = [outcome.headline, 'p99', 'anonymous', 'rss'];
  return keys
    .map((key) => ({ title: metrics[key].label.replace(/ (ms|MB)$/, ''), bars: bars(first, key) }))
    .filter((group) => group.bars.length > 0)
    .map((group) => ({ ...group, full: largest(group.bars) }));
}

/** Breaks a description at blanks; SVG does not wrap text. */
function wrap(text: string, columns: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    const line = lines[last] ?? '';
    if (line.length + word.length > columns && line !== '') lines.push(word);
    else lines[last] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

export function chart(outcome: JobOutcome): string {
  const parts: string[] = [];
  const text = (x: number, y: number, size: number, fill: string, content: string, extra = ''): void => {
    parts.push(`<text x="${x}" y="${y}" font-size="${size}" fill="${fill}"${extra}>${escapeXml(content)}</text>`);
  };
  const { better } = metrics[outcome.headline];
  const single = outcome.cases.length === 1;
  const direction = single || better === 'lower' ? 'shorter' : 'longer';
  text(24, 32, 18, '#1b1b1e', `${outcome.title} (${direction} is better)`, ' font-weight="600"');
  const subtitle = wrap(outcome.description, 105);
  subtitle.forEach((line, at) => {
    text(24, 52 + at * 16, 12, '#5c5f6b', line);
  });
  let y = HEADER + (subtitle.length - 1) * 16;
  for (const group of groups(outcome)) {
    const middle = y + (group.bars.length * STEP - (STEP - BAR)) / 2;
    text(24, middle + 5, 13, '#1b1b1e', group.title, ' font-weight="600"');
    for (const bar of group.bars) {
      const length = Math.max(1, (bar.value / group.full) * (WIDTH - LEFT - RIGHT));
      const weight = bar.name.startsWith('remora') ? ' font-weight="600"' : '';
      text(LEFT - 8, y + 13, 12, '#3a3d48', bar.name, ` text-anchor="end"${weight}`);
      parts.push(
        `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="2" fill="${colour(bar.name)}"/>`,
      );
      text(Number((LEFT + length + 7).toFixed(1)), y + 13, 12, '#3a3d48', bar.label, weight);
      y += STEP;
    }
    y += GROUP_GAP;
  }
  text(
    24,
    y + 10,
    11,
    '#7a7d89',
    `${outcome.date.slice(0, 10)}, ${outcome.machine.cpu}; ${timing(outcome)}; × = ratio to Envoy ${outcome.versions[REFERENCE] ?? ''}`,
  );
  const height = y + FOOTER - 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif">`,
    `<title>${escapeXml(`${outcome.job}: ${outcome.description}`)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

export function writeChart(outcome: JobOutcome): void {
  mkdirSync(resultsDir, { recursive: true });
  writeFileSync(join(resultsDir, `${outcome.job}.svg`), chart(outcome));
}
