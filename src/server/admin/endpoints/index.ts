// The table of endpoints; each group has its file. What only some endpoint needs is loaded when it is asked (DESIGN 3.8).
import type { Server } from '../../compose.ts';
import { type AdminEndpoint, html, text, view } from '../endpoint.ts';
import { drainEndpoints } from './drain.ts';
import { dumpEndpoints } from './dumps.ts';
import { loggingEndpoints } from './logging.ts';
import { processEndpoints } from './process.ts';
import { profilingEndpoints } from './profiling.ts';
import { runtimeEndpoints } from './runtime.ts';
import { statsEndpoints } from './stats.ts';

export function adminEndpoints(server: Server): AdminEndpoint[] {
  const endpoints: AdminEndpoint[] = [
    ...processEndpoints(server),
    ...drainEndpoints(server),
    ...dumpEndpoints(server),
    ...loggingEndpoints(),
    ...profilingEndpoints(server),
    ...runtimeEndpoints(server),
    ...statsEndpoints(server),
    view('/help', 'this list', async () => {
      const { helpText } = await import('../dispatch.ts');
      return text(helpText(endpoints));
    }),
    view('/', 'a page with all of these', async () => {
      const { indexPage } = await import('../pages/index-page.ts');
      return html(indexPage(endpoints));
    }),
  ];
  return endpoints;
}
