// Owns watching a file for change, as configuration management changes files: written in place, renamed over, or, as
// Kubernetes does, by swapping a symbolic link somewhere above it (envoy 3928). So every directory on the chain of
// links is watched, and the content decides whether anything changed.

import { createHash } from 'node:crypto';
import { type FSWatcher, lstatSync, readFileSync, readlinkSync, statSync, watch } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';

/** Editors and tools write in several steps: one look after they are done. */
const settleMs = 30;
const maxLinks = 40;

export interface FileWatchOptions {
  /** Two equal ones: nothing has changed. Empty: it is not there. Default: a digest of the content. */
  readonly identity?: (path: string) => string;
  /** It was there and is gone; told once, until it is there again. */
  readonly onGone?: () => void;
  /** Milliseconds for which it must stay as it is before the change is told: whoever writes in steps is done. */
  readonly stableMs?: number;
}

export class FileWatch {
  readonly #path: string;
  readonly #onChange: () => void;
  readonly #extraDirectories: readonly string[];
  #watchers: FSWatcher[] = [];
  #directories = '';
  readonly #options: FileWatchOptions;
  readonly #identity: (path: string) => string;
  #digest: string;
  /** What the last look found, while it must prove stable. */
  #candidate = '';
  #gone = false;
  #timer: NodeJS.Timeout | null = null;

  /** `extraDirectories`: watched_directory of the API, in addition to those on the way to the file. */
  constructor(
    path: string,
    onChange: () => void,
    extraDirectories: readonly string[] = [],
    options: FileWatchOptions = {},
  ) {
    this.#path = resolve(path);
    this.#onChange = onChange;
    this.#extraDirectories = extraDirectories;
    this.#options = options;
    this.#identity = options.identity ?? digestOf;
    this.#digest = this.#identity(this.#path);
    this.#watchDirectories();
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #watchDirectories(): void {
    const directories = [...new Set([...directoriesOnTheWay(this.#path), ...this.#extraDirectories])];
    // A directory that was replaced has the same name: a watch on the old one would hear nothing more.
    const key = directories.map((directory) => `${directory}\0${inodeOf(directory)}`).join('\0');
    if (key === this.#directories) return;
    this.#directories = key;
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
    for (const directory of directories) {
      try {
        const watcher = watch(directory, { persistent: false }, () => this.#settle());
        watcher.on('error', () => this.#settle());
        this.#watchers.push(watcher);
      } catch {
        // A directory that is not there yet is found when one above it changes.
      }
    }
  }

  #settle(delayMs = settleMs): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#look();
    }, delayMs);
    this.#timer.unref();
  }

  #look(): void {
    this.#watchDirectories();
    const digest = this.#identity(this.#path);
    // A file that is gone for the moment is on its way to be replaced.
    if (digest === '') {
      if (!this.#gone && this.#digest !== '') this.#options.onGone?.();
      this.#gone = true;
      return;
    }
    this.#gone = false;
    const { stableMs = 0 } = this.#options;
    if (stableMs > 0 && digest !== this.#digest && digest !== this.#candidate) {
      this.#candidate = digest;
      this.#settle(stableMs);
      return;
    }
    this.#candidate = '';
    if (digest === this.#digest) return;
    this.#digest = digest;
    this.#onChange();
  }
}

function inodeOf(path: string): string {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return '';
  }
}

/** Empty for what cannot be read again and again: a FIFO would block the process, SIGTERM with it. */
function digestOf(path: string): string {
  try {
    if (!statSync(path).isFile()) return '';
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return '';
  }
}

/** The directory of the file, and of every link on the way to it. */
export function directoriesOnTheWay(path: string): string[] {
  const found = new Set<string>();
  let rest = path.split('/').filter((part) => part !== '');
  let at = '/';
  let links = 0;
  while (rest.length > 0) {
    const next = join(at, rest[0] as string);
    rest = rest.slice(1);
    let target: string | null = null;
    try {
      if (lstatSync(next).isSymbolicLink()) target = readlinkSync(next);
    } catch {
      found.add(at);
      break;
    }
    if (target !== null && links++ < maxLinks) {
      found.add(at);
      const whole = isAbsolute(target) ? target : join(at, target);
      rest = [...whole.split('/').filter((part) => part !== ''), ...rest];
      at = '/';
      continue;
    }
    if (rest.length === 0) found.add(dirname(next));
    at = next;
  }
  return [...found];
}
