// Owns one secret of a subscription: its versions as they come, the files that it names, and whom to tell. A version that
// cannot be used as a whole (its key does not fit, a file is half written) changes nothing.
import { equals, type Message } from '@bufbuild/protobuf';
import type { Clock } from '../base/clock.ts';
import { logger } from '../base/logger.ts';
import { ConfigContext, type ConfigOptions, messageDescriptor } from '../config/api.ts';
import type { Counter, StatsScope } from '../observability/stats/api.ts';
import {
  checkValue,
  emptySecret,
  filesOf,
  openSecret,
  type SecretKind,
  type SecretListener,
  WatchedFiles,
  withFilesRead,
  withValue,
} from '../tls/secrets/subscription.ts';
import type { ResourceHandler, Resources } from './file-subscription.ts';

const log = logger('secret');

export class SharedSecret implements ResourceHandler {
  readonly isSecret = true;
  readonly name: string;
  readonly kind: SecretKind;
  /** With the bytes of its files in it. */
  value: Message | undefined;
  /** The Secret message as it is in force, for /config_dump. */
  message: Message;
  version = '';
  /** Milliseconds since the epoch. */
  lastUpdated: number;
  /** Why the last version was not taken; empty when it was. */
  problem = '';
  /** As it came, with file names. */
  #received: Message | null = null;
  #watch: WatchedFiles | null = null;
  readonly #clock: Clock;
  readonly #options: ConfigOptions;
  readonly #keyRotationFailed: Counter;
  readonly #listeners = new Set<SecretListener>();

  constructor(name: string, kind: SecretKind, scope: StatsScope, clock: Clock, options: ConfigOptions) {
    this.name = name;
    this.kind = kind;
    this.#clock = clock;
    this.#options = options;
    this.lastUpdated = clock.wall();
    this.message = emptySecret(name);
    this.#keyRotationFailed = scope.counter('key_rotation_failed');
  }

  subscribe(onChange: SecretListener): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  stop(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  onResources(
    resources: Resources,
    version: string,
    context: ConfigContext,
    refused: ReadonlySet<Resources[number]>,
  ): void {
    const before = context.errorCount;
    const message = this.#only(resources, context);
    if (message === undefined || refused.has(resources[0] as Resources[number])) {
      this.problem = `version '${version}' was refused`;
      return;
    }
    const isNew = this.#received === null || !sameMessage(this.#received, message);
    if (isNew) this.#take(message, version, context);
    else this.version = version;
    if (context.errorCount > before) this.problem = `version '${version}' was refused`;
    else this.problem = '';
  }

  /** A file holds one secret, the one that was asked for. */
  #only(resources: Resources, context: ConfigContext): Message | undefined {
    const [first] = resources;
    if (first === undefined || resources.length > 1) {
      const text = `the update must hold the secret '${this.name}' and nothing else; it holds ${resources.length} resources`;
      context.error(first ?? resources, '', 'RMR0801', text);
      return undefined;
    }
    const message = context.unpackAs<Message>(first, 'envoy.extensions.transport_sockets.tls.v3.Secret');
    if (message === undefined) return undefined;
    const { name, kind } = openSecret(message);
    if (name !== this.name) {
      context.error(message, 'name', 'RMR0801', `expected the secret '${this.name}', found '${name}'`);
      return undefined;
    }
    if (kind !== this.kind) {
      const text = `the secret '${name}' holds ${kind ?? 'nothing'}, and it is needed as a ${this.kind}`;
      context.error(message, '', 'RMR0801', text);
      return undefined;
    }
    return message;
  }

  #take(message: Message, version: string, context: ConfigContext): void {
    // Before the first good version there is nothing to hold on to: the files may still be on their way.
    if (!this.#read(message, context) && this.value !== undefined) return;
    this.#received = message;
    this.version = version;
    const { value } = openSecret(message);
    const { files, directories } = value === undefined ? { files: [], directories: [] } : filesOf(value);
    this.#watch?.close();
    this.#watch = files.length === 0 ? null : new WatchedFiles(files, directories, () => this.#onFiles());
  }

  /** Reads the files, checks what they hold, tells the users. False when it is not whole; users may refuse it too. */
  #read(message: Message, context: ConfigContext): boolean {
    const before = context.errorCount;
    const { value } = openSecret(message);
    if (value === undefined) return false;
    const whole = withFilesRead(value, context);
    if (whole === undefined) return false;
    checkValue(whole, value, context);
    if (context.errorCount > before) return false;
    this.value = whole;
    this.message = withValue(message, whole);
    this.lastUpdated = this.#clock.wall();
    for (const onChange of this.#listeners) onChange(context);
    return true;
  }

  #onFiles(): void {
    if (this.#received === null) return;
    const context = new ConfigContext(this.#options);
    if (this.#read(this.#received, context) && !context.failed) {
      this.problem = '';
      log.info(`the files of the secret '${this.name}' have changed: new handshakes use them`);
      return;
    }
    this.#keyRotationFailed.inc();
    void context.takeDiagnostics().then((found) => {
      this.problem = found.map(({ message }) => message).join('; ');
      log.warning(
        `the new files of the secret '${this.name}' are not taken, the old ones stay in force: ${this.problem}`,
      );
    });
  }
}

function sameMessage(a: Message, b: Message): boolean {
  return equals(messageDescriptor(a.$typeName), a, b);
}
