// Owns the answer of `remora extensions`: what is built in, from the manifest.
import type { ExtensionEntry } from '../config/extension-registry.ts';

const TITLE = ['NAME', 'CATEGORY', 'STATUS', 'SECURITY POSTURE', 'CONFIGURATION'] as const;

/** A table with a line for each extension, by category and name. */
export function extensionTable(entries: readonly ExtensionEntry[]): string {
  const key = (entry: ExtensionEntry): string => `${entry.category}\0${entry.name}`;
  const sorted = [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const rows = [
    [...TITLE],
    ...sorted.map(({ name, category, status, securityPosture, typeNames }) => [
      name,
      category,
      status,
      securityPosture,
      typeNames.join(', '),
    ]),
  ];
  const widths = TITLE.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

export async function printExtensions(entries: readonly ExtensionEntry[]): Promise<number> {
  process.stdout.write(extensionTable(entries));
  return 0;
}
