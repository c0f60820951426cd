// Owns one log file: lines are gathered in a buffer and written by the thread pool, never by the event loop. One write is
// under way at a time, so lines keep their order; what comes meanwhile waits in further buffers up to a limit, beyond
// which lines are dropped and counted: a full or slow disk must not take the proxy's memory or its time.

import { closeSync, write as fsWrite, openSync, writeSync } from 'node:fs';
import { errorText } from '../../../base/error-text.ts';
import { logger } from '../../../base/logger.ts';
import type { Timer, TimerHandler, Timers } from '../../../base/timers.ts';
import type { Counter, Gauge } from '../../stats/api.ts';

const log = logger('file');

/** Envoy's names under `filesystem.`; `writeDropped` is ours. */
export interface FilesystemStats {
  readonly flushedByTimer: Counter;
  readonly reopenFailed: Counter;
  readonly writeBuffered: Counter;
  readonly writeCompleted: Counter;
  readonly writeFailed: Counter;
  readonly writeDropped: Counter;
  readonly writeTotalBuffered: Gauge;
}

/** The calls to the system; tests put slow and broken disks here. */
export interface FileSystem {
  open(path: string): number;
  close(fd: number): void;
  write(fd: number, data: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void): void;
  writeSync(fd: number, data: Buffer): number;
}

export const realFileSystem: FileSystem = {
  open: (path) => openSync(path, 'a', 0o644),
  close: closeSync,
  write: (fd, data, done) => fsWrite(fd, data, 0, data.length, null, done),
  writeSync: (fd, data) => writeSync(fd, data),
};

export interface AccessLogFileOptions {
  /** Bytes that are written at once without waiting for the timer. */
  readonly minFlushBytes: number;
  readonly flushIntervalMs: number;
  /** Bytes that may wait behind a write that is under way. */
  readonly maxPendingBytes: number;
  readonly timers: Timers;
  readonly fileSystem: FileSystem;
  readonly stats: FilesystemStats;
}

/** Room behind `minFlushBytes`, so that the line that passes it still fits. */
const SLACK = 4096;
/** A pipe whose reader is slow (EAGAIN) is tried again after this. */
const RETRY_MS = 10;

/** At the end of the process a slow pipe is waited for: so many milliseconds in all, in steps. */
const LAST_WAIT_MS = 1000;
const LAST_STEP_MS = 5;
const LINE_FEED = 0x0a;
const lineFeed = Buffer.from([LINE_FEED]);

const standardStreams: Readonly<Record<string, number>> = { '/dev/stdout': 1, '/dev/stderr': 2 };

export class AccessLogFile implements TimerHandler {
  readonly path: string;
  readonly #options: AccessLogFileOptions;
  readonly #stats: FilesystemStats;
  #fd: number;
  /** Made with the first line; lines are byte strings. */
  #buffer: Buffer | null = null;
  #used = 0;
  #spare: Buffer | null = null;
  readonly #queue: Buffer[] = [];
  #queuedBytes = 0;
  /** What the thread pool writes now. */
  #writing: Buffer | null = null;
  #timer: Timer | null = null;
  #retry: Timer | null = null;
  #reopenWanted = false;
  /** The file ends within a line: the rest of it is written next, or was lost. */
  #midLine = false;
  /** The rest was lost: a line feed ends the torn line, so that the next one is whole. */
  #torn = false;
  /** Said once for each bad time, not for each line. */
  #failing = false;
  readonly #waiting: (() => void)[] = [];

  /** Throws what opening throws. */
  constructor(path: string, options: AccessLogFileOptions) {
    this.path = path;
    this.#options = options;
    this.#stats = options.stats;
    this.#fd = this.#open();
  }

  /** `line` is a byte string and ends as it should end in the file. */
  write(line: string): void {
    const length = line.length;
    let buffer = this.#buffer;
    if (buffer === null || this.#used + length > buffer.length) {
      if (this.#queuedBytes + length > this.#options.maxPendingBytes) {
        this.#stats.writeDropped.inc();
        this.#complain(`is too slow: lines are dropped`);
        return;
      }
      if (this.#used > 0) this.#submit();
      buffer = this.#takeBuffer(length);
    }
    buffer.write(line, this.#used, 'latin1');
    this.#used += length;
    this.#stats.writeBuffered.inc();
    this.#stats.writeTotalBuffered.add(length);
    if (this.#used >= this.#options.minFlushBytes) this.#submit();
    else if (this.#timer === null) this.#timer = this.#options.timers.schedule(this.#options.flushIntervalMs, this);
    else if (!this.#timer.active) this.#timer.refresh();
  }

  onTimer(timer: Timer): void {
    if (timer === this.#retry) {
      this.#pump();
      return;
    }
    if (this.#used === 0) return;
    this.#stats.flushedByTimer.inc();
    this.#submit();
  }

  /** Opens the path anew (logrotate). A failure keeps the old file. */
  reopen(): void {
    if (this.path in standardStreams) return;
    if (this.#used > 0) this.#submit();
    this.#reopenWanted = true;
    this.#pump();
  }

  /** Resolves when every line so far is written or has failed. */
  flush(): Promise<void> {
    if (this.#used > 0) this.#submit();
    if (this.#writing === null && this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** For the end of the process, when the event loop runs no more. What the thread pool is writing stays with it. */
  flushSync(): void {
    this.#timer?.cancel();
    if (this.#used > 0) this.#enqueue();
    const deadline = performance.now() + LAST_WAIT_MS;
    for (const data of this.#queue.splice(0)) {
      if (this.#writeNow(this.#untorn(data), deadline)) this.#stats.writeCompleted.inc();
      else this.#lose();
      this.#stats.writeTotalBuffered.sub(data.length);
    }
    this.#queuedBytes = 0;
  }

  /** False when the disk took not all of it. */
  #writeNow(data: Buffer, deadline: number): boolean {
    for (let at = 0; at < data.length; ) {
      try {
        at += this.#options.fileSystem.writeSync(this.#fd, data.subarray(at));
        this.#midLine = data[at - 1] !== LINE_FEED;
      } catch (error) {
        // A pipe whose reader is slow gets a moment; there is no event loop any more that could wait for it.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > deadline) return false;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LAST_STEP_MS);
      }
    }
    return true;
  }

  #lose(): void {
    this.#stats.writeFailed.inc();
    this.#torn = this.#midLine;
  }

  #untorn(data: Buffer): Buffer {
    if (!this.#torn) return data;
    this.#torn = false;
    return Buffer.concat([lineFeed, data]);
  }

  #open(): number {
    return standardStreams[this.path] ?? this.#options.fileSystem.open(this.path);
  }

  #takeBuffer(length: number): Buffer {
    const size = Math.max(length, this.#options.minFlushBytes + SLACK);
    const spare = this.#spare;
    this.#spare = null;
    this.#buffer = spare !== null && spare.length >= size ? spare : Buffer.allocUnsafeSlow(size);
    this.#used = 0;
    return this.#buffer;
  }

  #submit(): void {
    this.#timer?.cancel();
    this.#enqueue();
    this.#pump();
  }

  #enqueue(): void {
    const buffer = this.#buffer as Buffer; // #used > 0: there is one.
    this.#queue.push(buffer.subarray(0, this.#used));
    this.#queuedBytes += this.#used;
    this.#buffer = null;
    this.#used = 0;
  }

  /** Starts the next write, unless one is under way. */
  #pump(): void {
    if (this.#writing !== null) return;
    const next = this.#queue.shift();
    // What was written before the wish to reopen belongs into the old file.
    if (next === undefined && this.#reopenWanted) this.#reopenNow();
    if (next === undefined) {
      for (const resolve of this.#waiting.splice(0)) resolve();
      return;
    }
    this.#queuedBytes -= next.length;
    this.#writing = this.#untorn(next);
    // So that all that is written is subtracted, and no more than was counted.
    if (this.#writing !== next) this.#stats.writeTotalBuffered.add(this.#writing.length - next.length);
    this.#options.fileSystem.write(this.#fd, this.#writing, this.#onWritten);
  }

  readonly #onWritten = (error: NodeJS.ErrnoException | null, written: number): void => {
    const data = this.#writing as Buffer; // A write was under way.
    this.#writing = null;
    if (error !== null && error.code === 'EAGAIN') {
      this.#queue.unshift(data);
      this.#queuedBytes += data.length;
      if (this.#retry === null) this.#retry = this.#options.timers.schedule(RETRY_MS, this);
      else this.#retry.refresh();
      return;
    }
    if (error !== null) {
      this.#lose();
      this.#stats.writeTotalBuffered.sub(data.length);
      this.#complain(`cannot be written: ${error.message}; the lines are lost`);
    } else {
      this.#stats.writeTotalBuffered.sub(written);
      if (written > 0) this.#midLine = data[written - 1] !== LINE_FEED;
      if (written < data.length) {
        const rest = data.subarray(written);
        this.#queue.unshift(rest);
        this.#queuedBytes += rest.length;
      } else {
        this.#stats.writeCompleted.inc();
        this.#failing = false;
        // A subarray that starts where its memory starts is a whole buffer of ours.
        if (this.#spare === null && data.byteOffset === 0) this.#spare = Buffer.from(data.buffer);
      }
    }
    this.#pump();
  };

  #reopenNow(): void {
    this.#reopenWanted = false;
    try {
      const fd = this.#open();
      this.#options.fileSystem.close(this.#fd);
      this.#fd = fd;
      this.#midLine = false;
      this.#torn = false;
    } catch (error) {
      this.#stats.reopenFailed.inc();
      log.error(`access log ${this.path} cannot be opened anew: ${errorText(error)}`);
    }
  }

  #complain(what: string): void {
    if (this.#failing) return;
    this.#failing = true;
    log.error(`access log ${this.path} ${what}`);
  }
}
