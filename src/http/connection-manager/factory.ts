// Makes connection managers: one factory for each filter chain that names the extension, one manager a connection.
import type { NetworkFilterFactory, ReadFilter } from '../../network/api.ts';
import type { ConnectionManagerContext } from './api.ts';
import { type ReadConnectionManager, readConnectionManager } from './config.ts';
import { ConnectionManager } from './connection-manager.ts';
import { DateProvider } from './date.ts';
import type { ConnectionManagerServices, DrainDecision } from './services.ts';

class ConnectionManagerFactory implements NetworkFilterFactory, DrainDecision {
  readonly ready: Promise<void>;
  readonly #read: ReadConnectionManager;
  readonly #services: ConnectionManagerServices;
  readonly #context: ConnectionManagerContext;

  constructor(read: ReadConnectionManager, context: ConnectionManagerContext) {
    this.#read = read;
    this.#context = context;
    this.ready = read.routes.ready;
    const { clock, timers, timeouts, random } = context.services;
    this.#services = { clock, timers, timeouts, random, dates: new DateProvider(clock) };
  }

  createFilter(): ReadFilter {
    return new ConnectionManager(this.#read.config, this.#services, this);
  }

  drainClose(): boolean {
    const { draining, services, direction, drainsOnModifyOnly } = this.#context;
    return (
      (draining.active && services.drain.hasComeTo(draining.since)) ||
      services.drain.drainClose(direction, drainsOnModifyOnly)
    );
  }

  destroy(): void {
    this.#read.routes.release();
    for (const scope of this.#read.scopes) scope.close();
  }
}

type ConnectionManagerMessage = Parameters<typeof readConnectionManager>[0];

/** Undefined after errors were reported to `context.config`. */
export function connectionManagerFactory(
  message: ConnectionManagerMessage,
  context: ConnectionManagerContext,
): NetworkFilterFactory | undefined {
  const read = readConnectionManager(message, context);
  return read === undefined ? undefined : new ConnectionManagerFactory(read, context);
}
