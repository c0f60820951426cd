/** Folders of the bench. */
import { dirname, join } from 'node:path';

export const benchRoot: string = import.meta.dirname;
export const projectRoot: string = dirname(benchRoot);
/** Git-ignored: what runs leave behind. */
export const resultsDir: string = join(benchRoot, 'results');
