// Documents that name files must name files that exist.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '../..');

/** Paths in back ticks and link targets that lie in this repository; a trailing `:12` is a line. */
export function pathsIn(markdown: string): string[] {
  const found = new Set<string>();
  for (const [, path] of markdown.matchAll(
    /`((?:src|bin|test|docs|examples|scripts|bench|config-schema)\/[\w./@-]+)(?::\d+)?`/g,
  )) {
    // Results are not committed, and `JOB.json` stands for many.
    if (path !== undefined && !path.startsWith('bench/results/') && !/\/[A-Z]{3,}/.test(path)) found.add(path);
  }
  return [...found];
}

t.test('paths are found in a document', (t) => {
  t.same(
    pathsIn('see `src/a/b.ts`, `src/c.ts:12`, [x](src/no.ts) and `docs/d.md`; not `curl x/src/e.ts` or `src/*/f`'),
    ['src/a/b.ts', 'src/c.ts', 'docs/d.md'],
  );
  t.end();
});

t.test('every path named in the documents exists', (t) => {
  const documents = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
  for (const document of documents.filter((name) => name.endsWith('.md'))) {
    for (const path of pathsIn(readFileSync(join(root, document), 'utf8'))) {
      t.ok(existsSync(join(root, path)), `${document} names ${path}`);
    }
  }
  t.end();
});

t.test('the life of a request names a file for its steps', (t) => {
  const steps = pathsIn(readFileSync(join(root, 'docs/life-of-a-request.md'), 'utf8'));
  t.ok(steps.length >= 15, `${steps.length} files are named`);
  for (const path of steps) t.ok(existsSync(join(root, path)), path);
  t.end();
});

/** The scripts of package.json, by name. */
function npmScripts(): Map<string, string> {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const scripts: unknown = typeof manifest === 'object' && manifest !== null && Reflect.get(manifest, 'scripts');
  return new Map(Object.entries(typeof scripts === 'object' && scripts !== null ? scripts : {}));
}

t.test('every npm script starts a file that exists', (t) => {
  for (const [name, command] of npmScripts()) {
    for (const [path] of command.matchAll(/(?:^|\s)(?:scripts|bench|test|src)\/[\w./-]+/g)) {
      t.ok(existsSync(join(root, path.trim())), `npm run ${name}: ${path.trim()}`);
    }
  }
  t.end();
});

t.test('every npm script that is mentioned exists', (t) => {
  const scripts = npmScripts();
  for (const folder of ['bench', 'docs', 'scripts', 'src', 'test', '.']) {
    const all = readdirSync(join(root, folder), { recursive: folder !== '.', encoding: 'utf8' });
    for (const path of all) {
      if (!/\.(ts|md)$/.test(path) || path.startsWith('generated/')) continue;
      const file = join(root, folder, path);
      for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/npm run ([a-z][a-z:-]*)/g)) {
        t.ok(scripts.has(name), `${folder}/${path}: npm run ${name}`);
      }
    }
  }
  t.end();
});
