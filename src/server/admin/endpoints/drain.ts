// /drain_listeners: the process stops taking connections, all of them or the inbound ones only.
import { logger } from '../../../base/logger.ts';
import type { Server } from '../../compose.ts';
import { type AdminEndpoint, type AdminParameter, action, text } from '../endpoint.ts';

const log = logger('admin');

const parameters: readonly AdminParameter[] = [
  {
    id: 'graceful',
    kind: 'boolean',
    help: 'first ask clients to go, for the time of --drain-time-s, and close the listeners then',
  },
  { id: 'skip_exit', kind: 'boolean', help: 'ask clients to go, but leave the listeners open' },
  {
    id: 'inboundonly',
    kind: 'boolean',
    help: 'listeners whose traffic_direction is INBOUND; without it all',
  },
];

export function drainEndpoints(server: Server): AdminEndpoint[] {
  return [
    action(
      '/drain_listeners',
      'close listeners; what is connected goes on',
      (query) => {
        const direction = query.has('inboundonly') ? 'inbound' : null;
        const graceful = query.has('graceful');
        const skipExit = query.has('skip_exit');
        if (graceful || skipExit) server.drain.start(direction);
        if (skipExit) return text('OK\n');
        const stop = (): void => {
          server.listeners.stopListeners(direction).catch((error: unknown) => log.error(`drain: ${String(error)}`));
        };
        if (graceful) server.services.timers.schedule(server.options.drainTimeMs, { onTimer: stop });
        else stop();
        return text('OK\n');
      },
      parameters,
    ),
  ];
}
