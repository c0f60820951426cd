// Owns how lines reach standard error or a file: gathered in a turn of the event loop, written in one
// asynchronous write, so that a slow disk or a full pipe never stops the data path; what is left is written
// synchronously when the process exits.
import { closeSync, openSync, write, writeSync } from 'node:fs';

/** Beyond this the reader of the log has stalled: lines are counted instead of kept. Characters. */
const MAX_QUEUED = 4 << 20;
/** A non-blocking descriptor that is full is tried again after this long. */
const RETRY_MS = 10;
/** How often at exit, at most: a reader that takes nothing must not hold the process. */
const EXIT_RETRIES = 100;

export interface LogSink {
  /** Takes a line that ends in a newline. */
  write(line: string): void;
  /** Resolves when all that was written before has reached the descriptor. */
  flush(): Promise<void>;
  /** Writes what is left, blocking; for the end of the process. */
  flushSync(): void;
  /** Opens the file anew, after logrotate moved it away. Nothing is lost. Throws what `open` throws. */
  reopen(): void;
}

export class FileDescriptorSink implements LogSink {
  #fd: number;
  readonly #path: string;
  #queue = '';
  /** The batch in the hands of the kernel, from `#offset` on. */
  #batch: Buffer | undefined;
  #offset = 0;
  /** True while the batch waits for a full non-blocking descriptor. */
  #retrying = false;
  #scheduled = false;
  #dropped = 0;
  /** A descriptor replaced by `reopen` while a write to it was under way. */
  #closing: number | undefined;
  #waiting: (() => void)[] = [];

  /** A path opens that file for appending (throws what `open` throws); a number is a descriptor that stays open. */
  constructor(target: string | number) {
    this.#path = typeof target === 'string' ? target : '';
    this.#fd = typeof target === 'string' ? openSync(target, 'a') : target;
  }

  write(line: string): void {
    if (this.#queue.length + line.length > MAX_QUEUED) {
      this.#dropped++;
      return;
    }
    this.#queue += line;
    if (this.#scheduled || this.#batch !== undefined) return;
    this.#scheduled = true;
    setImmediate(this.#start);
  }

  flush(): Promise<void> {
    if (this.#idle()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  flushSync(): void {
    // A batch given to the thread pool is finished by it: Node joins those threads before it exits. Only one that
    // waits for room is ours again. (While the pool is stuck in a full pipe, the tail below may land before the end
    // of its batch: an orderly end awaits flush() first.)
    const rest = this.#batch !== undefined && this.#retrying ? this.#batch.subarray(this.#offset) : undefined;
    this.#takeDropped();
    const tail = Buffer.from(this.#queue);
    this.#queue = '';
    if (rest !== undefined) {
      this.#batch = undefined;
      this.#retrying = false;
      this.#writeAllSync(rest);
    }
    if (tail.length > 0) this.#writeAllSync(tail);
  }

  reopen(): void {
    if (this.#path === '') return;
    const previous = this.#fd;
    this.#fd = openSync(this.#path, 'a');
    if (this.#batch === undefined) closeSync(previous);
    else if (this.#closing === undefined) this.#closing = previous;
    else closeSync(previous); // reopened twice within one write: the one in between never had a write
  }

  #idle(): boolean {
    return this.#queue === '' && this.#batch === undefined;
  }

  #takeDropped(): void {
    if (this.#dropped === 0) return;
    this.#queue += `${this.#dropped} log lines dropped: whoever reads the log did not keep up\n`;
    this.#dropped = 0;
  }

  readonly #start = (): void => {
    this.#scheduled = false;
    this.#takeDropped();
    if (this.#queue === '') {
      for (const resolve of this.#waiting.splice(0)) resolve();
      return;
    }
    this.#batch = Buffer.from(this.#queue);
    this.#offset = 0;
    this.#queue = '';
    this.#continue();
  };

  readonly #continue = (): void => {
    const batch = this.#batch;
    if (batch === undefined) return; // written by flushSync in the meantime
    this.#retrying = false;
    write(this.#closing ?? this.#fd, batch, this.#offset, batch.length - this.#offset, null, this.#written);
  };

  readonly #written = (error: NodeJS.ErrnoException | null, count: number): void => {
    if (error?.code === 'EAGAIN') {
      this.#retrying = true;
      setTimeout(this.#continue, RETRY_MS);
      return;
    }
    // Any other error (reader gone, disk full): there is nobody to tell; this batch is lost, the next is tried.
    this.#offset += count;
    if (error === null && this.#batch !== undefined && this.#offset < this.#batch.length) {
      this.#continue();
      return;
    }
    this.#batch = undefined;
    if (this.#closing !== undefined) {
      closeSync(this.#closing);
      this.#closing = undefined;
    }
    this.#start();
  };

  #writeAllSync(bytes: Buffer): void {
    let offset = 0;
    for (let tries = 0; offset < bytes.length && tries < EXIT_RETRIES; ) {
      try {
        offset += writeSync(this.#fd, bytes, offset);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        tries++;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      }
    }
  }
}
