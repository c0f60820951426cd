// Owns following the files of a secret: each in its own way of being replaced (written in place, renamed over, symlinks
// swapped as Kubernetes does), and one call for the whole, however many changed at once.
import { FileWatch } from '../../base/file-watch.ts';

export class WatchedFiles {
  readonly #onChange: () => void;
  #watches: FileWatch[] = [];
  #scheduled = false;

  /** `directories`: watched_directory, in addition to those on the way to the files. */
  constructor(files: readonly string[], directories: readonly string[], onChange: () => void) {
    this.#onChange = onChange;
    this.#watches = files.map((file) => new FileWatch(file, () => this.#schedule(), directories));
  }

  /** The watches of certificate and key tell of one renaming in the same turn of the event loop. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#watches.length > 0) this.#onChange();
    });
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
    this.#watches = [];
  }
}
