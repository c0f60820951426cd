// Owns the body of a direct response that lies in a file and follows its changes (watched_directory). The file is looked at
// from the first answer on, so that a configuration that is only checked leaves no watch; what cannot be read or has grown
// too large leaves the last good body.
import { readFileSync } from 'node:fs';
import { errorText } from '../../base/error-text.ts';
import { FileWatch } from '../../base/file-watch.ts';
import { logger } from '../../base/logger.ts';

const log = logger('router');

export class WatchedBody {
  readonly #path: string;
  readonly #directory: string;
  readonly #limit: number;
  #text: string;
  #watch: FileWatch | null = null;

  /** `limit`: bytes. `text`: a byte string, read with the configuration. */
  constructor(path: string, directory: string, limit: number, text: string) {
    this.#path = path;
    this.#directory = directory;
    this.#limit = limit;
    this.#text = text;
  }

  get text(): string {
    if (this.#watch === null) {
      this.#watch = new FileWatch(this.#path, () => this.#read(), [this.#directory]);
      this.#read();
    }
    return this.#text;
  }

  #read(): void {
    try {
      const bytes = readFileSync(this.#path);
      if (bytes.length <= this.#limit) this.#text = bytes.toString('latin1');
      else this.#keep(`it has ${bytes.length} bytes, ${this.#limit} are allowed`);
    } catch (error) {
      this.#keep(errorText(error));
    }
  }

  #keep(reason: string): void {
    log.warning(`the direct response in ${this.#path} stays as it was: ${reason}`);
  }

  close(): void {
    this.#watch?.close();
  }
}
