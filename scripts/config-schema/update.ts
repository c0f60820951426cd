/**
 * `npm run config-schema:update`: makes config-schema/envoy-v3.binpb and config-schema/index.json anew from the Go
 * modules that carry Envoy's API. Needs `go` (only to download); run it when the Envoy version in go-modules.ts changes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layOut, readDescriptors, selectInDependencyOrder } from './descriptor-set.ts';
import { downloadModules } from './go-modules.ts';

const target = join(import.meta.dirname, '../../config-schema');
const modules = downloadModules();
const files = selectInDependencyOrder(readDescriptors(modules));
const { set, index } = layOut(files);
mkdirSync(target, { recursive: true });
writeFileSync(join(target, 'envoy-v3.binpb'), set);
const sources = modules.map(({ path, version }) => `    ${JSON.stringify(path)}: ${JSON.stringify(version)}`);
const rows = index.map((row) => `    ${JSON.stringify(row)}`);
writeFileSync(
  join(target, 'index.json'),
  `{\n  "modules": {\n${sources.join(',\n')}\n  },\n  "files": [\n${rows.join(',\n')}\n  ]\n}\n`,
);
console.log(
  `${files.length} files, ${set.length} bytes, ${index.reduce((sum, row) => sum + row[4].length, 0)} top-level types`,
);
