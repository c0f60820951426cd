// docs/extensions.md: what the manifest holds, as a table. Written by `npm run docs`; a test holds it to the manifest.
import { join } from 'node:path';
import { unavailableExtensions } from '../src/config/unavailable.ts';
import { extensions } from '../src/extensions/manifest.ts';

export const EXTENSIONS_FILE = join(import.meta.dirname, '../docs/extensions.md');

/** The page; rows stand by category, then by name. */
export function extensionsPage(): string {
  const rows = [...extensions]
    .sort((a, b) => compare(a.category, b.category) || compare(a.name, b.name))
    .map(
      ({ name, category, status, securityPosture, typeNames }) =>
        `| ${name} | ${category} | ${status} | ${securityPosture.replaceAll('_', ' ')} | ${typeNames.join('<br>')} |`,
    );
  return `# Extensions

Printed by \`npm run docs\` from \`src/extensions/manifest.ts\`; do not edit. \`remora extensions\` prints the same. A configuration
chooses an extension by the type of its \`typed_config\`, as in Envoy; the module is loaded when a configuration first names it.
Any other extension of Envoy's API is refused by its name and place, or, where the API calls it optional, passed over with a
warning. How to add one is in [extending.md](extending.md).

| name | category | status | security posture | configuration |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

## Not to be expected

| configuration | why | instead |
| --- | --- | --- |
${unavailableExtensions.map(([types, { reason, advice }]) => `| ${types}* | ${reason} | ${advice} |`).join('\n')}
`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
