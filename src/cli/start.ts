// Owns what both executables do around their work: the quick road first, the exit code, and the last line of defence.
import type { QuickResult } from './quick-parse.ts';
import { apiVersion, UsageError } from './server-options.ts';
import { envoyVersionText } from './version.ts';

/** Sets the exit code and ends the process when `work` has ended, whatever timers are left. */
export async function start(work: () => Promise<number>): Promise<void> {
  let code: number;
  try {
    code = await work();
  } catch (error) {
    const usage = error instanceof UsageError;
    process.stderr.write(usage ? `error: ${error.message}\n` : `${error instanceof Error ? error.stack : error}\n`);
    code = 1;
  }
  process.exitCode = code;
  // Pending writes to a pipe are finished by 'end'; only then may handles that are still open be dropped.
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}

/** A reader that has seen enough (`remora --help | head`) is no error. */
export function toleratePipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/** Flags that answer by themselves. Undefined: not one of them. */
export function answer(result: QuickResult): number | undefined {
  if (result.kind === 'version') {
    process.stdout.write(envoyVersionText(apiVersion(result.flags, process.env)));
    return 0;
  }
  if (result.kind === 'hot-restart-version') {
    // Envoy's answer where hot restart is disabled, on the stream that Envoy uses.
    process.stderr.write('disabled');
    return 0;
  }
  return undefined;
}
