// Owns how a stream begins anew with a changed request, for redirects that the proxy follows itself: the old one ends and
// is logged, and a new one with filters of its own takes its place in the codec. The client notices nothing.
import type { ResponseHeaders } from '../headers/header-map.ts';
import type { ActiveStream } from './active-stream.ts';

/** `response`: what the old stream is logged with; the client does not get it. */
export function recreateStream(old: ActiveStream, response: ResponseHeaders, body: Buffer | null): void {
  const { info, headers } = old;
  if (old.destroyed || headers === null) return;
  info.responseCode = response.status;
  info.responseCodeDetails = 'internal_redirect';
  old.manager.countResponse(info);
  if (old.encoding !== null) old.encoding.headers = response;
  const stream = old.manager.replaceStream(old);
  const next = stream.info;
  next.startTime = info.startTime;
  next.startTimeWall = info.startTimeWall;
  next.lastDownstreamReceived = info.lastDownstreamReceived;
  next.protocol = info.protocol;
  next.bytesReceived = info.bytesReceived;
  for (const [key, object] of info.filterState ?? []) if (object.ofRequest === true) next.setFilterState(key, object);
  // What was learned from headers when they came in is not learned again: they were cleaned since.
  next.downstreamRemoteAddress = info.downstreamRemoteAddress;
  next.requestId = info.requestId;
  stream.internal = old.internal;
  stream.recreated = true;
  stream.decodeHeaders(headers, body === null);
  if (body !== null && !stream.destroyed) stream.decodeData(body, true);
}
