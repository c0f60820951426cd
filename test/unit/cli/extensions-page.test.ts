// Holds docs/extensions.md to the manifest.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { EXTENSIONS_FILE, extensionsPage } from '../../../scripts/extensions-page.ts';

t.equal(readFileSync(EXTENSIONS_FILE, 'utf8'), extensionsPage(), 'docs/extensions.md is up to date: npm run docs');
