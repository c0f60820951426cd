// Owns the statistics of the search for routes (record_route_resolution_stats): how often a request looked for its route,
// and how long that took, one record of each for a request.
import type { Histogram, StatsScope } from '../../observability/stats/api.ts';

export class RouteResolutionStats {
  readonly #timeUs: Histogram;
  readonly #resolutions: Histogram;

  /** `scope`: `http.PREFIX.`. */
  constructor(scope: StatsScope) {
    this.#timeUs = scope.histogram('downstream_rq_route_resolution_time_us', 'microseconds');
    this.#resolutions = scope.histogram('downstream_rq_route_resolutions', 'unspecified');
  }

  /** At the end of a request. */
  record(resolutions: number, milliseconds: number): void {
    if (resolutions === 0) return;
    this.#resolutions.record(resolutions);
    this.#timeUs.record(Math.round(milliseconds * 1000));
  }
}
