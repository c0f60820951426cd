/** From exec to the first 200 on `/ready`, and what the process occupies a second later, before any request. */
import type { Job } from '../job.ts';
import { envoySidecar, haproxySidecar, nginxSidecar } from './sidecar.ts';

export const startup: Job = {
  name: 'startup',
  title: 'Start and rest',
  description:
    'time from exec to ready (Envoy, Remora: /ready of the admin server; the others: the first 200), idle memory',
  headline: 'readyMilliseconds',
  cases: [{ name: 'start', load: { kind: 'startup' } }],
  envoy: envoySidecar,
  nginx: nginxSidecar,
  haproxy: haproxySidecar,
};
