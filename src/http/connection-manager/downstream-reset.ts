// Owns what is said of a stream that the client, or the end of its connection, has ended before its time.
import { ResponseFlag } from '../../observability/response-flags.ts';
import type { StreamInfo } from '../../observability/stream-info.ts';
import { ResetReason } from '../codec/api.ts';

/** `details`: the codec's, empty where there is nothing to say; `localClose`: we have closed the connection. */
export function noteReset(info: StreamInfo, reason: ResetReason, details: string, localClose: boolean): void {
  if (reason === ResetReason.ConnectionTermination) {
    if (info.hasFlag(ResponseFlag.DownstreamProtocolError | ResponseFlag.DownstreamConnectionTermination)) return;
    info.setFlag(ResponseFlag.DownstreamConnectionTermination);
    info.responseCodeDetails = localClose ? 'downstream_local_disconnect' : 'downstream_remote_disconnect';
  } else if (details !== '') {
    const malformed = reason === ResetReason.ProtocolError;
    info.setFlag(malformed ? ResponseFlag.DownstreamProtocolError : ResponseFlag.DownstreamRemoteReset);
    info.responseCodeDetails = details;
  }
}
