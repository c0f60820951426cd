// Owns how informational (1xx) responses of upstreams reach the client.
import { Protocol } from '../codec/api.ts';
import { FilterHeadersStatus } from '../filter/api.ts';
import type { ResponseHeaders } from '../headers/header-map.ts';
import type { ActiveStream } from './active-stream.ts';
import type { FilterSlot } from './filter-slot.ts';

export function encodeInformational(stream: ActiveStream, headers: ResponseHeaders): void {
  if (stream.destroyed || stream.responseStarted) return;
  // RFC 9110 section 15.2: HTTP/1.0 knows no informational responses.
  if (stream.codecStream.protocol === Protocol.Http10) return;
  // As Envoy: informational responses pass only where proxy_100_continue is on.
  if (!stream.manager.config.proxy100Continue) return;
  for (let i = stream.slots.length - 1; i >= 0; i--) {
    // Informational responses are optional: one that a filter stops is dropped.
    const slot = stream.slots[i] as FilterSlot;
    const status = slot.encoder?.encode1xxHeaders(headers) ?? FilterHeadersStatus.Continue;
    if (status !== FilterHeadersStatus.Continue || stream.destroyed || stream.responseStarted) return;
  }
  stream.codecStream.encode1xxHeaders(headers);
}
