// Turns the Http2ProtocolOptions message into the settings of codecs.
import type {
  Http2ProtocolOptions,
  HttpProtocolOptions,
} from '../../../generated/envoy/config/core/v3/protocol_pb.d.ts';
import { defaultHttp2Settings, type Http2Settings } from './settings.ts';

/** `maxHeadersKb`: of the listener or cluster. */
export function readHttp2Settings(
  message: Http2ProtocolOptions | undefined,
  common: HttpProtocolOptions | undefined,
  maxHeadersKb: number,
): Http2Settings {
  const defaults = defaultHttp2Settings;
  const deprecated = message?.streamErrorOnInvalidHttpMessaging ?? false;
  return {
    hpackTableSize: message?.hpackTableSize ?? defaults.hpackTableSize,
    maxConcurrentStreams: message?.maxConcurrentStreams ?? defaults.maxConcurrentStreams,
    initialStreamWindow: message?.initialStreamWindowSize ?? defaults.initialStreamWindow,
    initialConnectionWindow: message?.initialConnectionWindowSize ?? defaults.initialConnectionWindow,
    // Extended CONNECT has no way on yet.
    allowConnect: false,
    maxConsecutiveEmptyFrames:
      message?.maxConsecutiveInboundFramesWithEmptyPayload ?? defaults.maxConsecutiveEmptyFrames,
    maxPriorityFramesPerStream: message?.maxInboundPriorityFramesPerStream ?? defaults.maxPriorityFramesPerStream,
    maxWindowUpdatesPerDataFrame:
      message?.maxInboundWindowUpdateFramesPerDataFrameSent ?? defaults.maxWindowUpdatesPerDataFrame,
    streamErrorOnInvalidMessage: message?.overrideStreamErrorOnInvalidHttpMessage ?? deprecated,
    maxHeadersBytes: maxHeadersKb * 1024,
    maxHeadersCount: common?.maxHeadersCount ?? defaults.maxHeadersCount,
    headersWithUnderscores:
      (['allow', 'reject', 'drop'] as const)[common?.headersWithUnderscoresAction ?? 0] ?? 'allow',
  };
}
