/** The jobs, in the order in which they run and are reported. */
import type { Job } from '../job.ts';
import { h1 } from './h1.ts';
import { h1AccessLog } from './h1-access-log.ts';
import { h1Filters } from './h1-filters.ts';
import { h1Large } from './h1-large.ts';
import { h1Rate } from './h1-rate.ts';
import { h1Routes } from './h1-routes.ts';
import { h2Jobs } from './h2.ts';
import { l4Jobs } from './l4.ts';
import { startup } from './startup.ts';
import { tlsJobs } from './tls.ts';

export const jobs: readonly Job[] = [
  h1,
  h1AccessLog,
  h1Filters,
  ...h1Routes,
  h1Rate,
  h1Large,
  ...h2Jobs,
  ...l4Jobs,
  ...tlsJobs,
  startup,
];
