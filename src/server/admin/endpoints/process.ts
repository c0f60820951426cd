// Endpoints about the process: /ready, /quitquitquit, /healthcheck, draining.
import type { Server } from '../../compose.ts';
import { type AdminEndpoint, text } from '../endpoint.ts';

export function processEndpoints(server: Server): AdminEndpoint[] {
  return [
    {
      path: '/ready',
      help: 'print server state, return 200 if LIVE, otherwise return 503',
      mutates: false,
      parameters: [],
      handle: () => {
        const state = server.state;
        return text(`${state}\n`, state === 'LIVE' ? 200 : 503);
      },
    },
    {
      path: '/quitquitquit',
      help: 'exit the server',
      mutates: true,
      parameters: [],
      handle: () => ({ ...text('OK\n'), afterSent: () => server.lifecycle.end(0, '/quitquitquit') }),
    },
    {
      path: '/healthcheck/fail',
      help: 'cause the server to fail health checks',
      mutates: true,
      parameters: [],
      handle: () => {
        server.drain.healthCheckFailed = true;
        return text('OK\n');
      },
    },
    {
      path: '/healthcheck/ok',
      help: 'cause the server to pass health checks',
      mutates: true,
      parameters: [],
      handle: () => {
        server.drain.healthCheckFailed = false;
        return text('OK\n');
      },
    },
  ];
}
