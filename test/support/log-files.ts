// Log files for readers of configuration that write nothing.
import type { LogFiles } from '../../src/tls/api.ts';

/** Every line goes nowhere; in the folder `/nowhere` nothing can be opened. */
export const noFiles: LogFiles = {
  file: (path) => {
    if (path.startsWith('/nowhere/')) throw new Error('there is no such folder');
    return { write: () => undefined };
  },
};
