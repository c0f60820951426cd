/** HTTP/1.1 to HTTP/1.1 over kept-alive connections: what a request costs in the plain sidecar. */
import type { Case, Job } from '../job.ts';
import { envoySidecar, haproxySidecar, nginxSidecar } from './sidecar.ts';

export const closed = (connections: number): Case => ({
  name: connections === 1 ? '1 connection' : `${connections} connections`,
  load: { kind: 'closed', connections, method: 'GET', path: '/', upload: 0 },
});

export const h1: Job = {
  name: 'h1',
  title: 'CPU time for each HTTP/1.1 request',
  description: 'HTTP/1.1 → HTTP/1.1, keep-alive; request id, statistics and forwarded headers on, no access log',
  headline: 'cpuMicroseconds',
  cases: [1, 2, 8, 32, 128].map(closed),
  envoy: envoySidecar,
  nginx: nginxSidecar,
  haproxy: haproxySidecar,
};
