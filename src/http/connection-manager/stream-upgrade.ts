// Owns that a stream becomes a tunnel: CONNECT and upgrades, where route and connection manager allow them. The stream itself extends
// this class: a request costs no object more for it.
import { ResponseFlag } from '../../observability/response-flags.ts';
import type { FilterChain } from './config-types.ts';
import { StreamRoute } from './stream-route.ts';

const upstreamBroke = ResponseFlag.UpstreamConnectionTermination | ResponseFlag.UpstreamConnectionFailure;

export abstract class StreamUpgrade extends StreamRoute {
  /** An upgrade or CONNECT that is allowed. */
  protected upgraded = false;

  /** What follows a response of this status are no HTTP messages any more. To Envoy no 2xx but 200 accepts a CONNECT. */
  opensTunnel(status: number): boolean {
    return status === 101 || (this.upgraded && status === 200 && this.headers?.method === 'CONNECT');
  }

  /** RFC 9113 section 8.5: the connection behind it failed. */
  get tunnelBroken(): boolean {
    return this.upgraded && this.info.hasFlag(upstreamBroke);
  }

  /** The chain for an upgrade; null where neither route nor connection manager allows it. */
  protected upgradeChain(protocol: string): FilterChain | null {
    const type = protocol.toLowerCase();
    const route = this.route();
    const own = this.manager.config.upgrades.get(type);
    const allowed = (route?.kind === 'forward' ? route.upgrades.get(type) : undefined) ?? own?.enabled ?? false;
    // Without a route it is the router that answers.
    if (!allowed) return route === null ? this.manager.config.filters : null;
    this.upgraded = true;
    this.manager.stats.downstreamCxUpgradesTotal.inc();
    this.manager.stats.downstreamCxUpgradesActive.inc();
    return own?.filters ?? this.manager.config.filters;
  }
}
