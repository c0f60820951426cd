// Owns the files of all access logs: one for each path, however many loggers name it, so that lines of different
// listeners never mix within a line. Files stay open for the life of the process.
import { systemTimers, type Timers } from '../../../base/timers.ts';
import type { StatsScope } from '../../stats/api.ts';
import { AccessLogFile, type FileSystem, type FilesystemStats, realFileSystem } from './access-log-file.ts';

export interface AccessLogManagerOptions {
  readonly stats: StatsScope;
  /** --file-flush-interval-msec; default 10,000. */
  readonly flushIntervalMs?: number;
  /** --file-flush-min-size-kb, in bytes; default 65,536. */
  readonly minFlushBytes?: number;
  /** Default 8 MiB for each file. */
  readonly maxPendingBytes?: number;
  readonly timers?: Timers;
  readonly fileSystem?: FileSystem;
  /** Lines go nowhere and no file is touched (`validate`). */
  readonly discard?: boolean;
}

const discardFileSystem: FileSystem = {
  open: () => -1,
  close() {},
  write: (_fd, data, done) => done(null, data.length),
  writeSync: (_fd, data) => data.length,
};

export class AccessLogManager {
  readonly #files = new Map<string, AccessLogFile>();
  readonly #options: AccessLogManagerOptions;
  readonly #stats: FilesystemStats;

  constructor(options: AccessLogManagerOptions) {
    this.#options = options;
    const scope = options.stats.scope('filesystem.');
    this.#stats = {
      flushedByTimer: scope.counter('flushed_by_timer'),
      reopenFailed: scope.counter('reopen_failed'),
      writeBuffered: scope.counter('write_buffered'),
      writeCompleted: scope.counter('write_completed'),
      writeFailed: scope.counter('write_failed'),
      writeDropped: scope.counter('write_dropped'),
      writeTotalBuffered: scope.gauge('write_total_buffered'),
    };
  }

  /** The file of a path; `/dev/stdout` and `/dev/stderr` are the streams of the process. Throws what opening throws. */
  file(path: string): AccessLogFile {
    let file = this.#files.get(path);
    if (file === undefined) {
      const { flushIntervalMs, minFlushBytes, maxPendingBytes, timers, fileSystem, discard } = this.#options;
      file = new AccessLogFile(path, {
        flushIntervalMs: flushIntervalMs ?? 10_000,
        minFlushBytes: minFlushBytes ?? 65_536,
        maxPendingBytes: maxPendingBytes ?? 8 * 1024 * 1024,
        timers: timers ?? systemTimers,
        fileSystem: discard === true ? discardFileSystem : (fileSystem ?? realFileSystem),
        stats: this.#stats,
      });
      this.#files.set(path, file);
    }
    return file;
  }

  /** POST /reopen_logs and SIGUSR1. */
  reopen(): void {
    for (const file of this.#files.values()) file.reopen();
  }

  /** Resolves when every line so far has been written. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#files.values(), (file) => file.flush()));
  }

  /** For `process.on('exit')`. */
  flushSync(): void {
    for (const file of this.#files.values()) file.flushSync();
  }
}
