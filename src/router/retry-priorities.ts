// Owns which priorities of a cluster another attempt should leave alone (retry_priority).
// Source: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/http_routing#retry-semantics
import type { Host, RetryPriority } from '../upstream/api.ts';

/** What a policy keeps of its retry_priority: makes the state of one request, when that has its first retry. */
export interface RetryPriorityPolicy {
  create(): RequestRetryPriority;
}

export interface RequestRetryPriority extends RetryPriority {
  onHostAttempted(host: Host): void;
}

/** envoy.retry_priorities.previous_priorities: priorities that were tried are left out, looked at every `frequency` attempts. */
export class PreviousPriorities implements RetryPriorityPolicy {
  readonly #frequency: number;

  constructor(frequency: number) {
    this.#frequency = frequency;
  }

  create(): RequestRetryPriority {
    return new TriedPriorities(this.#frequency);
  }
}

class TriedPriorities implements RequestRetryPriority {
  readonly #frequency: number;
  /** Of the attempts since the last new beginning. */
  readonly #tried: number[] = [];
  readonly #excluded: boolean[] = [];

  constructor(frequency: number) {
    this.#frequency = frequency;
  }

  onHostAttempted(host: Host): void {
    this.#tried.push(host.priority);
  }

  excluded(): readonly boolean[] | null {
    const attempts = this.#tried.length;
    if (attempts < this.#frequency) return null;
    if (attempts % this.#frequency === 0) for (const priority of this.#tried) this.#excluded[priority] = true;
    return this.#excluded;
  }

  startOver(): void {
    this.#tried.length = 0;
    this.#excluded.length = 0;
  }
}
