// Owns what a person reads when Remora and Envoy differ: what was sent, both answers, and the folder to look into.
import { relative } from 'node:path';
import type { Verdict } from './compare.ts';
import type { Observation } from './observation.ts';
import type { Scenario } from './scenario.ts';

export function explain(scenario: Scenario, envoy: Observation, remora: Observation, verdict: Verdict): string {
  const lines = [`${scenario.title}`, `folder: ${relative(process.cwd(), scenario.folder)}`, 'client:'];
  for (const step of scenario.client) lines.push(`  ${shorten(JSON.stringify(step), 1_000)}`);
  lines.push('differences:');
  for (const difference of verdict.unexpected) {
    lines.push(
      `  ${difference.field}`,
      `    envoy:  ${show(difference.envoy)}`,
      `    remora: ${show(difference.remora)}`,
    );
  }
  for (const meant of verdict.unused) {
    lines.push(
      `  ${meant.field}: listed as a meant difference (${meant.reason}), but it did not occur as listed: take it off the list`,
    );
  }
  lines.push(`envoy answered:  ${shorten(JSON.stringify(envoy['client']), 4_000)}`);
  lines.push(`remora answered: ${shorten(JSON.stringify(remora['client']), 4_000)}`);
  return lines.join('\n');
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : shorten(JSON.stringify(value), 2_000);
}

function shorten(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}... (${text.length} characters)`;
}
