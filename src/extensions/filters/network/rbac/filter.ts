// Owns the filter that lets connections pass or closes them, by rules; and tells what shadow rules would have done. Judged
// is when bytes come, not before: by then a TLS handshake has told who the peer is.
import type { Timer, TimerHandler, Timers } from '../../../../base/timers.ts';
import { HeaderMap } from '../../../../http/headers/api.ts';
import {
  CloseType,
  type ConnectionCallbacks,
  ConnectionEvent,
  FilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
} from '../../../../network/api.ts';
import type { RbacDecision } from '../../../common/rbac/engine.ts';
import { accessLogHint, type RbacRules } from '../../../common/rbac/rules.ts';
import type { RuleStats } from '../../../common/rbac/stats.ts';

export interface RbacNetworkSettings {
  readonly enforced: RbacRules | null;
  readonly shadow: RbacRules | null;
  readonly enforcedStats: RuleStats;
  readonly shadowStats: RuleStats;
  /** Every piece of data is judged, not the first alone. */
  readonly continuous: boolean;
  /** How long a denied connection stays open, unread; 0: not at all. */
  readonly delayDenyMs: number;
}

/** Envoy's, whatever the filter is called. */
const metadataNamespace = 'envoy.filters.network.rbac';
const closeReason = 'rbac_deny_close';
const noHeaders = new HeaderMap();

export class RbacNetworkFilter implements ReadFilter, ConnectionCallbacks, TimerHandler {
  readonly #settings: RbacNetworkSettings;
  readonly #timers: Timers;
  #callbacks!: ReadFilterCallbacks;
  #state: 'new' | 'allowed' | 'denied' = 'new';
  #delay: Timer | null = null;

  constructor(settings: RbacNetworkSettings, timers: Timers) {
    this.#settings = settings;
    this.#timers = timers;
  }

  initialize(callbacks: ReadFilterCallbacks): void {
    this.#callbacks = callbacks;
  }

  onNewConnection(): FilterStatus {
    return FilterStatus.Continue;
  }

  onData(data: Buffer): FilterStatus {
    if (this.#state === 'denied') return FilterStatus.StopIteration;
    if (this.#state === 'allowed' && !this.#settings.continuous) return FilterStatus.Continue;
    // An end without a byte asks for nothing, unless it is an end of one direction alone.
    if (data.length === 0 && this.#callbacks.connection.halfClose !== true) return FilterStatus.Continue;
    this.#state = this.#judge() ? 'allowed' : 'denied';
    return this.#state === 'allowed' ? FilterStatus.Continue : FilterStatus.StopIteration;
  }

  #judge(): boolean {
    const { enforced, shadow, enforcedStats, shadowStats } = this.#settings;
    const { streamInfo } = this.#callbacks;
    if (shadow !== null) {
      const decision = shadow.engine.decide(streamInfo, noHeaders);
      shadowStats.count(decision.allowed);
      streamInfo.setDynamicMetadata(metadataNamespace, shadow.metadata(decision, ''));
    }
    if (enforced === null) return true;
    const decision = enforced.engine.decide(streamInfo, noHeaders);
    enforcedStats.count(decision.allowed);
    if (decision.logHint !== null) {
      streamInfo.setDynamicMetadata('envoy.common', decision.logHint ? accessLogHint.matched : accessLogHint.unmatched);
    }
    if (!decision.allowed) this.#deny(decision);
    return decision.allowed;
  }

  #deny({ details, cause }: RbacDecision): void {
    const { connection, info, streamInfo } = this.#callbacks;
    info.terminationDetails = details;
    streamInfo.explanation = cause;
    const { delayDenyMs } = this.#settings;
    if (delayDenyMs === 0) {
      connection.close(CloseType.NoFlush, closeReason);
      return;
    }
    connection.readDisable(true);
    connection.addCallbacks(this);
    this.#delay = this.#timers.schedule(delayDenyMs, this);
  }

  onTimer(): void {
    this.#callbacks.connection.close(CloseType.NoFlush, closeReason);
  }

  onConnectionEvent(event: ConnectionEvent): void {
    if (event !== ConnectionEvent.Connected) this.#delay?.cancel();
  }

  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}
