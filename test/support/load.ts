// A client that keeps sending requests while something changes, and counts what fails.
import type { Test } from 'tap';
import { Client, type RequestOptions } from './client.ts';
import type { RunningProxy } from './remora.ts';
import { until } from './until.ts';

/** Beyond so many there is nothing more to learn. */
const maxFailures = 100;

export class SteadyLoad {
  readonly failures: string[] = [];
  /** Bodies in the order of their arrival. */
  readonly bodies: string[] = [];
  #stopped = false;
  readonly #client: Client;
  readonly #lanes: Promise<void>[];

  /** `lanes` requests are in progress at any time, each lane on a keep-alive connection of its own. */
  constructor(t: Test, proxy: RunningProxy, options: RequestOptions & { readonly path?: string } = {}, lanes = 4) {
    this.#client = new Client(t, lanes);
    // A test that fails must not leave the loop behind.
    t.teardown(() => {
      this.#stopped = true;
    });
    this.#lanes = Array.from({ length: lanes }, () => this.#run(this.#client, proxy, options));
  }

  async #run(client: Client, proxy: RunningProxy, options: RequestOptions & { readonly path?: string }): Promise<void> {
    while (!this.#stopped && this.failures.length < maxFailures) {
      try {
        const answer = await client.request(proxy, options.path ?? '/', options);
        if (answer.status !== 200) this.failures.push(`${answer.status} ${answer.body}`);
        this.bodies.push(answer.body);
      } catch (error) {
        this.failures.push(String(error));
      }
    }
  }

  /** Resolves when so many more answers have come. */
  async more(count = 40): Promise<void> {
    const target = this.bodies.length + this.failures.length + count;
    await until(
      () => this.bodies.length + this.failures.length >= target || this.failures.length >= maxFailures,
      `${count} more answers`,
    );
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#lanes);
    await this.#client.close();
  }
}
