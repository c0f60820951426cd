// Holds docs/differences.md to what the scenarios and the corpus table say.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { DIFFERENCES_FILE, differencesPage } from './lib/differences.ts';

t.equal(
  readFileSync(DIFFERENCES_FILE, 'utf8'),
  differencesPage(),
  'docs/differences.md is up to date: npm run parity:differences',
);
