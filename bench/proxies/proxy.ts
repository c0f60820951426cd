/** A proxy that can be measured, and what it takes to start it on a job. */
import type { Job, Site } from '../job.ts';

export interface Launch {
  readonly command: readonly string[];
  readonly env?: Record<string, string>;
  /** Where a GET answers 200 once the proxy serves. */
  readonly ready: { readonly port: number; readonly path: string };
}

export interface BenchProxy {
  /** Key in results and on the command line. */
  readonly name: string;
  /** As the program reports it. */
  readonly version: string;
  /** Writes the configuration into `site.dir` and says how to start; undefined when this proxy cannot do the job. */
  prepare(job: Job, site: Site): Launch | undefined;
}
