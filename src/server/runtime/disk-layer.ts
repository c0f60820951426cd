// Owns reading a disk layer: a file for each key, folders as the parts of the key before a dot. What may be in a file is
// Envoy's: a value in YAML; lines that begin with # are comments.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml } from '../../config/api.ts';
import { type RuntimeEntry, runtimeEntry } from './entry.ts';

/** Folders within each other, as in Envoy. */
const maxDepth = 16;
/** Envoy has no limits here; a wrong folder must not be read whole into memory. */
const maxFileBytes = 1024 * 1024;
const maxKeys = 10_000;

/** Null where there is no such folder. Rejects with words that name the file that cannot be used. */
export async function readDiskLayer(folder: string): Promise<ReadonlyMap<string, RuntimeEntry> | null> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return null;
  const texts = new Map<string, string>();
  collect(folder, '', 1, texts);
  const entries = new Map<string, RuntimeEntry>();
  for (const [key, text] of texts) {
    const parsed = await parseYaml(text);
    if ('problem' in parsed) throw new Error(`the value of ${key} is no YAML: ${parsed.problem}`);
    entries.set(key, runtimeEntry(parsed.value, text));
  }
  return entries;
}

function collect(folder: string, prefix: string, depth: number, into: Map<string, string>): void {
  if (depth > maxDepth) throw new Error(`${folder} is deeper than ${maxDepth} folders`);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const stat = statSync(path);
    if (stat.isDirectory()) {
      collect(path, key, depth + 1, into);
    } else if (stat.isFile()) {
      if (stat.size > maxFileBytes) throw new Error(`${path} is larger than ${maxFileBytes} bytes`);
      if (into.size === maxKeys) throw new Error(`${folder} holds the key after the ${maxKeys}th, more than are read`);
      into.set(key, withoutComments(readFileSync(path, 'utf8')));
    }
  }
}

/** Empty lines go too. As in Envoy every line that equals the last one is trimmed and joined to what follows. */
export function withoutComments(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '');
  const last = lines.at(-1);
  let value = '';
  for (const line of lines) {
    if (!line.startsWith('#')) value += line === last ? line.trimEnd() : `${line}\n`;
  }
  return value;
}
