/** Owns the list of package files. A new file must be named here. */
import { bootstrap } from './bootstrap.ts';
import { cluster } from './cluster.ts';
import { core } from './core.ts';
import type { PackageCoverage } from './coverage.ts';
import { extensions } from './extensions.ts';
import { filtersBasic } from './filters-basic.ts';
import { filtersCompression } from './filters-compression.ts';
import { filtersForwardProxy } from './filters-forward-proxy.ts';
import { filtersListener } from './filters-listener.ts';
import { filtersNetwork } from './filters-network.ts';
import { filtersPolicy } from './filters-policy.ts';
import { filtersTraffic } from './filters-traffic.ts';
import { filtersUdp } from './filters-udp.ts';
import { http } from './http.ts';
import { listener } from './listener.ts';
import { matching } from './matching.ts';
import { rateLimit } from './rate-limit.ts';
import { route } from './route.ts';
import { tlsSockets } from './tls.ts';

export const packages: PackageCoverage = {
  ...bootstrap,
  ...cluster,
  ...core,
  ...extensions,
  ...filtersCompression,
  ...filtersForwardProxy,
  ...filtersNetwork,
  ...filtersListener,
  ...filtersPolicy,
  ...filtersTraffic,
  ...filtersBasic,
  ...filtersUdp,
  ...http,
  ...listener,
  ...matching,
  ...rateLimit,
  ...route,
  ...tlsSockets,
};
