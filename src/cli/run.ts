// Owns the way from flags to a running server: the log first, then the server, loaded only now.
import { writeFileSync } from 'node:fs';
import { configureLogging, flushLogs, logger } from '../base/logger.ts';
import type { ServerOptions } from '../server/options.ts';
import type { RawFlags } from './flags.ts';
import { serverOptions, UsageError } from './server-options.ts';

/** Runs until the server ends; gives the exit code. Problems are on standard error by then. */
export async function run(program: ServerOptions['program'], flags: RawFlags): Promise<number> {
  let options: ServerOptions;
  try {
    options = serverOptions(program, flags, process.env);
    prepare(options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 1;
  }
  for (const { flag, reason } of options.flagsWithoutEffect) {
    logger('misc').debug(`${flag} has no effect here: ${reason}`);
  }
  const { runServer } = await import('../server/main.ts');
  const code = await runServer(options);
  await flushLogs();
  return code;
}

/** Effects of the flags that come before the server: the log and the base id's file. */
function prepare(options: ServerOptions): void {
  try {
    configureLogging({
      level: options.logLevel,
      componentLevels: options.componentLogLevels,
      format: options.logFormat,
      escaped: options.logFormatEscaped,
      // As Envoy: a validation speaks to whoever started it.
      path: options.mode === 'validate' ? '' : options.logPath,
      debug: process.env['REMORA_DEBUG'],
    });
    if (options.baseIdPath !== '') writeFileSync(options.baseIdPath, String(options.baseId));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UsageError(error.message);
  }
}
