// Owns the file recorded.json beside each scenario: what the real Envoy did, and which Envoy it was.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HAS_LOCAL_ADDRESS, LOCAL_ADDRESS_NAME, type Observation } from './observation.ts';
import type { Scenario } from './scenario.ts';

export interface Recording {
  /** Version of the Envoy that was recorded. */
  envoy: string;
  observation: Observation;
}

export function readRecording(scenario: Scenario): Recording | null {
  const file = join(scenario.folder, 'recorded.json');
  if (!existsSync(file)) return null;
  const text = readFileSync(file, 'utf8');
  return JSON.parse(HAS_LOCAL_ADDRESS ? text : text.replaceAll(LOCAL_ADDRESS_NAME, '127.0.0.1')) as Recording;
}

/** True when the file changed. */
export function writeRecording(scenario: Scenario, recording: Recording): boolean {
  const file = join(scenario.folder, 'recorded.json');
  const text = `${JSON.stringify(recording, null, 2)}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return false;
  writeFileSync(file, text);
  return true;
}
