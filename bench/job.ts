/**
 * What a job is: one proxy configuration in the languages of the proxies compared, and the loads to drive through it.
 * Each job is one file in `jobs/`; adding a file and a line in `jobs/index.ts` adds a job.
 */

import type { Certificates } from './machine/certificates.ts';
import type { CallKind } from './wire/calls.ts';

/** Where a run takes place. All ports are on 127.0.0.1. */
export interface Site {
  /** Where the proxy takes traffic. */
  readonly listen: number;
  /** Envoy's and Remora's admin server. */
  readonly admin: number;
  readonly upstream: number;
  /** The same upstream over mutual TLS. */
  readonly upstreamTls: number;
  /** The upstream of HTTP/2; 0 where the job has none. */
  readonly upstreamH2: number;
  /** Where the client of `L4Load` listens while it runs. */
  readonly upstreamTcp: number;
  /** Undefined where openssl is not installed. */
  readonly certificates: Certificates | undefined;
  /** Scratch folder of this proxy, for its configuration, logs and temporary files. */
  readonly dir: string;
}

/** As many requests as the connections carry, one in flight on each. */
export interface ClosedLoad {
  readonly kind: 'closed';
  readonly connections: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Bytes of request body. */
  readonly upload: number;
}

/** Requests at fixed times, whatever the proxy does: latency counts from the time a request was due. */
export interface RateLoad {
  readonly kind: 'rate';
  readonly perSecond: number;
  readonly path: string;
  /** Measured seconds at the least, where the effect to be seen needs longer than `--duration`. */
  readonly minimumSeconds?: number;
}

/** No requests: start the proxy, see when it is ready and what it occupies. */
export interface StartupLoad {
  readonly kind: 'startup';
}

/** Requests over TLS with a client certificate, one in flight on each connection; see `load/tls-client.ts`. */
export interface TlsLoad {
  readonly kind: 'tls';
  readonly mode: 'keep-alive' | 'new' | 'resumed' | 'idle';
  readonly connections: number;
}

/** Bytes of no protocol, through plain TCP; see `load/l4-client.ts`. */
export interface L4Load {
  readonly kind: 'l4';
  readonly mode: 'round-trip' | 'down' | 'up';
  readonly connections: number;
}

/** Calls with ids of their own, whose answers are checked; see `load/h2-client.ts`. */
export interface CallLoad {
  readonly kind: 'call';
  /** What the client speaks. */
  readonly protocol: 'h1' | 'h2';
  readonly call: CallKind;
  readonly connections: number;
  /** Calls in flight on each of them; 1 with HTTP/1.1. */
  readonly streams: number;
}

export type Load = ClosedLoad | RateLoad | TlsLoad | L4Load | CallLoad | StartupLoad;

/** Requests at a time. */
export function inFlight(load: Load): number {
  if (load.kind === 'call') return load.connections * load.streams;
  return 'connections' in load ? load.connections : 1;
}

export interface Case {
  /** Unique within the job, short: it labels a row of the table and a group of the chart. */
  readonly name: string;
  readonly load: Load;
  /** Bytes of body each request moves through the proxy; set where throughput is the point. */
  readonly bytesPerRequest?: number;
}

export interface Job {
  readonly name: string;
  /** Heads the chart. */
  readonly title: string;
  readonly description: string;
  readonly cases: readonly Case[];
  /** The figure that the chart shows; a key of `metrics` in `metrics.ts`. */
  readonly headline: 'cpuMicroseconds' | 'vcpu' | 'megabytesPerCpuSecond' | 'readyMilliseconds';
  /** Also run Remora with the flag that gives its program text back to the kernel, where it has one. */
  readonly withTrimming?: boolean;
  /** nginx and HAProxy answer plain requests on the admin port, since `listen` speaks something else. */
  readonly readyOnAdmin?: boolean;
  readonly http2Upstream?: boolean;
  /** Envoy v3 bootstrap, for Envoy and for Remora. */
  envoy(site: Site): string;
  /** The same job for the others; undefined where they cannot do it. */
  nginx(site: Site): string | undefined;
  haproxy(site: Site): string | undefined;
  nghttpx?(site: Site): string | undefined;
}
