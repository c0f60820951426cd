/** Owns the list of package files. A new file must be named here. */
import type { PackageCoverage } from './coverage.ts';

export const packages: PackageCoverage = {};
