// Owns the answer in an upstream's place, when there is none or it failed.
import type { DecoderFilterCallbacks, LocalReply } from '../http/filter/api.ts';
import type { RequestHeaders } from '../http/headers/header-map.ts';
import { Names } from '../http/headers/name.ts';
import type { Cluster } from '../upstream/api.ts';
import { countsByStatus } from './accounting.ts';
import type { ForwardRoute } from './api.ts';
import type { RouterConfig } from './config-types.ts';

export interface FailedRequest {
  readonly callbacks: DecoderFilterCallbacks;
  readonly cluster: Cluster;
  readonly route: ForwardRoute;
  readonly headers: RequestHeaders;
  readonly config: RouterConfig;
  /** Made so far. */
  readonly attempts: number;
  /** A response of it was counted already. */
  readonly counted: boolean;
}

/** Counted as a response of the cluster, as Envoy does. `overloaded`: the client is told that a limit was met. */
export function replyForUpstream(request: FailedRequest, reply: LocalReply, overloaded: boolean): void {
  const { callbacks, cluster, route, headers, config, attempts } = request;
  if (!request.counted) {
    const byStatus = countsByStatus(headers, config);
    cluster.stats.recordResponse(reply.status, headers.has(Names.xEnvoyInternal), false, byStatus);
  }
  callbacks.sendLocalReply({
    ...reply,
    modifyHeaders: (response) => {
      if (overloaded) response.set(Names.xEnvoyOverloaded, 'true');
      if (route.includeAttemptCountInResponse && attempts > 0) response.set(Names.xEnvoyAttemptCount, String(attempts));
    },
  });
}
