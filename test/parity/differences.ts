// `npm run parity:differences`: prints docs/differences.md anew.
import { writeFileSync } from 'node:fs';
import { DIFFERENCES_FILE, differencesPage } from './lib/differences.ts';

writeFileSync(DIFFERENCES_FILE, differencesPage());
console.log('docs/differences.md is printed');
