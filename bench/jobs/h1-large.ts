/** Bodies of 1 MB (2^20 bytes) through the plain sidecar: what moving bytes costs. */
import type { Case, Job } from '../job.ts';
import { MEGABYTE } from '../wire/calls.ts';
import { envoySidecar, haproxySidecar, nginxSidecar } from './sidecar.ts';

const bulk = (name: string, method: 'GET' | 'POST', path: string, upload: number): Case => ({
  name,
  load: { kind: 'closed', connections: 8, method, path, upload },
  bytesPerRequest: MEGABYTE,
});

export const h1Large: Job = {
  name: 'h1-large',
  title: 'Megabytes of body for each second of CPU',
  description: 'the job h1 with bodies of 1 MB on 8 connections: megabytes moved for each second of CPU',
  headline: 'megabytesPerCpuSecond',
  cases: [bulk('response', 'GET', '/large', 0), bulk('request', 'POST', '/upload', MEGABYTE)],
  envoy: envoySidecar,
  nginx: nginxSidecar,
  haproxy: haproxySidecar,
};
