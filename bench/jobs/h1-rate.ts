/** The plain sidecar as it lives most of the time: far from full, at a constant rate. */
import type { Job } from '../job.ts';
import { envoySidecar, haproxySidecar, nginxSidecar } from './sidecar.ts';

export const h1Rate: Job = {
  name: 'h1-rate',
  title: 'A sidecar at 1,000 requests/s',
  description:
    'the job h1 at a constant 1,000 requests/s: share of a CPU, latency from the time each request was due, memory',
  headline: 'vcpu',
  withTrimming: true,
  cases: [{ name: '1,000/s', load: { kind: 'rate', perSecond: 1_000, path: '/' } }],
  envoy: envoySidecar,
  nginx: nginxSidecar,
  haproxy: haproxySidecar,
};
