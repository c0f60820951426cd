/**
 * `npm run coverage-table`: prints docs/coverage.md from src/config/coverage/, docs/diagnostics.md from the catalogue, and
 * test/unit/config/unproven-fields.txt, the fields that have an effect which no test names.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COVERAGE_FILE, coveragePage, DIAGNOSTICS_FILE, diagnosticsPage } from './coverage-page.ts';
import { collectProof, unproven } from './proof.ts';

const proof = await collectProof();
writeFileSync(
  join(import.meta.dirname, '../../test/unit/config/unproven-fields.txt'),
  unproven(proof)
    .map((field) => `${field}\n`)
    .join(''),
);
writeFileSync(COVERAGE_FILE, coveragePage(proof));
writeFileSync(DIAGNOSTICS_FILE, diagnosticsPage());
