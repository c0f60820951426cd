// Turns the Http2ProtocolOptions message into the settings of codecs.
import { durationMs } from '../../../base/duration.ts';
import type { ConfigContext } from '../../../config/context.ts';
import type {
  Http2ProtocolOptions,
  HttpProtocolOptions,
  KeepaliveSettings as KeepaliveMessage,
} from '../../../generated/envoy/config/core/v3/protocol_pb.d.ts';
import { readCustomSettings } from './custom-settings-config.ts';
import type { KeepaliveSettings } from './keepalive.ts';
import { defaultHttp2Settings, type Http2Settings, SettingId } from './settings.ts';

/** `maxHeadersKb`: of the listener or cluster. */
export function readHttp2Settings(
  message: Http2ProtocolOptions | undefined,
  common: HttpProtocolOptions | undefined,
  maxHeadersKb: number,
  context: ConfigContext,
): Http2Settings {
  const defaults = defaultHttp2Settings;
  const deprecated = message?.streamErrorOnInvalidHttpMessaging ?? false;
  const custom = readCustomSettings(message, context);
  const set = (identifier: number, own: number | undefined, byDefault: number): number =>
    own ?? custom.values.get(identifier) ?? byDefault;
  return {
    hpackTableSize: set(SettingId.HeaderTableSize, message?.hpackTableSize, defaults.hpackTableSize),
    maxConcurrentStreams: set(
      SettingId.MaxConcurrentStreams,
      message?.maxConcurrentStreams,
      defaults.maxConcurrentStreams,
    ),
    initialStreamWindow: set(
      SettingId.InitialWindowSize,
      message?.initialStreamWindowSize,
      defaults.initialStreamWindow,
    ),
    customSettings: custom.others,
    streamResetBurst: Number(message?.streamResetBurst ?? defaults.streamResetBurst),
    streamResetRate: Number(message?.streamResetRate ?? defaults.streamResetRate),
    initialConnectionWindow: message?.initialConnectionWindowSize ?? defaults.initialConnectionWindow,
    allowConnect: message?.allowConnect ?? false,
    maxConsecutiveEmptyFrames:
      message?.maxConsecutiveInboundFramesWithEmptyPayload ?? defaults.maxConsecutiveEmptyFrames,
    maxPriorityFramesPerStream: message?.maxInboundPriorityFramesPerStream ?? defaults.maxPriorityFramesPerStream,
    maxWindowUpdatesPerDataFrame:
      message?.maxInboundWindowUpdateFramesPerDataFrameSent ?? defaults.maxWindowUpdatesPerDataFrame,
    maxOutboundFrames: message?.maxOutboundFrames ?? defaults.maxOutboundFrames,
    maxOutboundControlFrames: message?.maxOutboundControlFrames ?? defaults.maxOutboundControlFrames,
    keepalive: readKeepalive(message?.connectionKeepalive),
    streamErrorOnInvalidMessage: message?.overrideStreamErrorOnInvalidHttpMessage ?? deprecated,
    maxHeadersBytes: maxHeadersKb * 1024,
    maxHeadersCount: common?.maxHeadersCount ?? defaults.maxHeadersCount,
    headersWithUnderscores:
      (['allow', 'reject', 'drop'] as const)[common?.headersWithUnderscoresAction ?? 0] ?? 'allow',
  };
}

/** Percent of the interval. */
const defaultJitter = 15;

function readKeepalive(message: KeepaliveMessage | undefined): KeepaliveSettings | null {
  if (message === undefined) return null;
  return {
    intervalMs: durationMs(message.interval, 0),
    timeoutMs: durationMs(message.timeout, 0),
    jitter: (message.intervalJitter?.value ?? defaultJitter) / 100,
    idleIntervalMs: durationMs(message.connectionIdleInterval, 0),
  };
}
