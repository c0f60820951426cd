// Owns the counters and gauges of HTTP/2 codecs, `http2.*` (Envoy's names): one set for all listeners of the process, one for each cluster.
import type { StatsScope } from '../../../observability/stats/api.ts';
import { counters, gauges } from '../../../observability/stats/group.ts';
import type { Http2CodecStats } from './settings.ts';

const names = {
  droppedHeadersWithUnderscores: 'dropped_headers_with_underscores',
  goawaySent: 'goaway_sent',
  headerOverflow: 'header_overflow',
  headersCbNoStream: 'headers_cb_no_stream',
  inboundEmptyFramesFlood: 'inbound_empty_frames_flood',
  inboundPriorityFramesFlood: 'inbound_priority_frames_flood',
  inboundWindowUpdateFramesFlood: 'inbound_window_update_frames_flood',
  keepaliveTimeout: 'keepalive_timeout',
  metadataEmptyFrames: 'metadata_empty_frames',
  outboundControlFlood: 'outbound_control_flood',
  outboundFlood: 'outbound_flood',
  requestsRejectedWithUnderscoresInHeaders: 'requests_rejected_with_underscores_in_headers',
  rxMessagingError: 'rx_messaging_error',
  rxReset: 'rx_reset',
  streamRefusedErrors: 'stream_refused_errors',
  trailers: 'trailers',
  txFlushTimeout: 'tx_flush_timeout',
  txReset: 'tx_reset',
} as const;

const gaugeNames = {
  // Always 0: of streams whose end Envoy holds back, by an option that is off.
  deferredStreamClose: 'deferred_stream_close',
  outboundControlFramesActive: 'outbound_control_frames_active',
  outboundFramesActive: 'outbound_frames_active',
  pendingSendBytes: 'pending_send_bytes',
  streamsActive: 'streams_active',
} as const;

/** `scope`: `http2.`. */
export function http2CodecStats(scope: StatsScope): Http2CodecStats {
  return { ...counters(scope, names), ...gauges(scope, gaugeNames) };
}
