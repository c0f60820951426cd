// Owns a secret that stands in the configuration itself and names files that are to be followed (watched_directory).
import type { Message } from '@bufbuild/protobuf';
import { logger } from '../../base/logger.ts';
import { ConfigContext } from '../../config/api.ts';
import type { SecretListener, SecretProvider } from './api.ts';
import { checkValue, filesOf, withFilesRead } from './files-config.ts';
import { WatchedFiles } from './watched-files.ts';

const log = logger('secret');

export class WatchedValue implements SecretProvider<Message> {
  value: Message | undefined;
  problem = '';
  readonly ready = Promise.resolve();
  readonly #received: Message;
  readonly #watch: WatchedFiles;
  readonly #listeners = new Set<SecretListener>();

  /** What is wrong with its files at first is reported to `config`. */
  constructor(received: Message, config: ConfigContext) {
    this.#received = received;
    this.#read(config);
    const { files, directories } = filesOf(received);
    this.#watch = new WatchedFiles(files, directories, () => this.#reload());
  }

  subscribe(onChange: SecretListener): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  release(): void {
    this.#watch.close();
  }

  #read(config: ConfigContext): void {
    const before = config.errorCount;
    const value = withFilesRead(this.#received, config);
    if (value === undefined) return;
    checkValue(value, this.#received, config);
    if (config.errorCount === before) this.value = value;
  }

  #reload(): void {
    const config = new ConfigContext();
    this.#read(config);
    if (!config.failed) for (const onChange of this.#listeners) onChange(config);
    void config.takeDiagnostics().then((found) => {
      this.problem = found.map(({ message }) => message).join('; ');
      const { files } = filesOf(this.#received);
      if (this.problem === '') log.info(`the secret in ${files.join(', ')} was read again`);
      else log.warning(`the secret in ${files.join(', ')} was not taken, the old one stays: ${this.problem}`);
    });
  }
}
