// Owns loggers at run time: what they are, the one that writes lines to a file, the one that asks a filter first.
import type { LogContext } from './context.ts';
import type { AccessLogFile } from './file/access-log-file.ts';
import type { Formatter } from './format/formatter.ts';

export interface AccessLogger {
  /** Called when a stream ends (and at the other points that the configuration asks for). */
  log(context: LogContext): void;
}

/** Says whether a stream is logged. */
export interface AccessLogFilter {
  evaluate(context: LogContext): boolean;
}

export class FileAccessLogger implements AccessLogger {
  readonly #file: AccessLogFile;
  readonly #formatter: Formatter;

  constructor(file: AccessLogFile, formatter: Formatter) {
    this.#file = file;
    this.#formatter = formatter;
  }

  log(context: LogContext): void {
    this.#file.write(this.#formatter.format(context));
  }
}

export class FilteredAccessLogger implements AccessLogger {
  readonly #filter: AccessLogFilter;
  readonly #logger: AccessLogger;

  constructor(filter: AccessLogFilter, logger: AccessLogger) {
    this.#filter = filter;
    this.#logger = logger;
  }

  log(context: LogContext): void {
    if (this.#filter.evaluate(context)) this.#logger.log(context);
  }
}
