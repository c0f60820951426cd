// The table of endpoints; each group has its file.
import type { Server } from '../../compose.ts';
import type { AdminEndpoint } from '../endpoint.ts';
import { processEndpoints } from './process.ts';
import { statsEndpoints } from './stats.ts';

export function adminEndpoints(server: Server): AdminEndpoint[] {
  return [...processEndpoints(server), ...statsEndpoints(server)];
}
