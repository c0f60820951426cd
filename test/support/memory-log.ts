// Catches the application log, for tests of what a user is told.
import { configureLogging, LogLevel } from '../../src/base/logger.ts';

export class MemoryLog {
  readonly lines: string[] = [];

  /** From now on every line of the process comes here. `DEBUG_TEST=1` shows them as well. */
  static capture(level: LogLevel = LogLevel.debug): MemoryLog {
    const log = new MemoryLog();
    configureLogging({
      level,
      format: '[%l][%n] %v',
      sink: {
        write: (line) => {
          log.lines.push(line.trimEnd());
          if (process.env['DEBUG_TEST'] === '1') process.stderr.write(line);
        },
        flush: () => Promise.resolve(),
        flushSync: () => {},
        reopen: () => {},
      },
    });
    return log;
  }

  find(pattern: RegExp): string | undefined {
    return this.lines.find((line) => pattern.test(line));
  }

  clear(): void {
    this.lines.length = 0;
  }
}
