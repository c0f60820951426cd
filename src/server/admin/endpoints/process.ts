// Endpoints about the process: /ready, /server_info, /memory, its end, its health, its files.
import { reopenLog } from '../../../base/logger.ts';
import type { Server } from '../../compose.ts';
import { type AdminEndpoint, action, json, text, view } from '../endpoint.ts';

/** Processes that hand over to each other must agree on it. The number is Envoy's, for those who read it. */
function hotRestartVersion(server: Server): string {
  return server.options.disableHotRestart ? 'disabled' : '11.104';
}

export function processEndpoints(server: Server): AdminEndpoint[] {
  return [
    view('/ready', 'the state of the server; 200 when it is LIVE, 503 otherwise', () => {
      const state = server.state;
      return text(`${state}\n`, state === 'LIVE' ? 200 : 503);
    }),
    view('/server_info', 'version, state, uptime, flags and node', async () => {
      const { serverInfo } = await import('../server-info.ts');
      return json(serverInfo(server, hotRestartVersion(server)));
    }),
    view('/memory', 'memory in use, in bytes', async () => {
      const { memoryJson } = await import('../memory.ts');
      return json(memoryJson());
    }),
    view('/hot_restart_version', 'processes of different versions cannot hand over to each other', () =>
      text(hotRestartVersion(server)),
    ),
    view('/certs', 'certificates in use', async () => {
      const { certificatesAnswer } = await import('../certificates.ts');
      return certificatesAnswer(server);
    }),
    action('/quitquitquit', 'end the process', () => ({
      ...text('OK\n'),
      afterSent: () => server.lifecycle.end(0, '/quitquitquit'),
    })),
    action('/healthcheck/fail', 'count as unhealthy: responses close their connections, /ready says DRAINING', () => {
      server.setHealthCheckFailed(true);
      return text('OK\n');
    }),
    action('/healthcheck/ok', 'count as healthy again', () => {
      server.setHealthCheckFailed(false);
      return text('OK\n');
    }),
    action('/reopen_logs', 'open log files anew, after they were moved away', () => {
      reopenLog();
      server.accessLogs.reopen();
      return text('OK\n');
    }),
  ];
}
