// Owns what the sessions of one filter share.
import type { ListenerFilterContext, UdpListenerFilterCallbacks } from '../../../../listener/api.ts';
import type { UdpSession } from './session.ts';
import type { UdpProxySettings } from './settings.ts';
import type { UdpProxyStats } from './stats.ts';

export interface SharedState {
  readonly settings: UdpProxySettings;
  readonly services: ListenerFilterContext['services'];
  readonly stats: UdpProxyStats;
  readonly callbacks: UdpListenerFilterCallbacks;
  /** By client socket and socket of the listener; with per-packet balancing by host too. */
  readonly sessions: Map<string, UdpSession>;
}
