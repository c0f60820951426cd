// Reads custom_settings_parameters: what our SETTINGS say besides. Parameters that have a field of their own take its place.
import type { ConfigContext } from '../../../config/context.ts';
import type { Http2ProtocolOptions } from '../../../generated/envoy/config/core/v3/protocol_pb.d.ts';
import { largestWindow, minMaxFrameSize } from './frames.ts';
import { SettingId } from './settings.ts';

export interface CustomSettings {
  /** By identifier. */
  readonly values: ReadonlyMap<number, number>;
  /** Those without a field. */
  readonly others: readonly (readonly [identifier: number, value: number])[];
}

const field = 'custom_settings_parameters';
const named: ReadonlySet<number> = new Set([
  SettingId.HeaderTableSize,
  SettingId.MaxConcurrentStreams,
  SettingId.InitialWindowSize,
]);

export function readCustomSettings(message: Http2ProtocolOptions | undefined, context: ConfigContext): CustomSettings {
  const values = new Map<number, number>();
  for (const { identifier, value } of message?.customSettingsParameters ?? []) {
    if (message === undefined || identifier === undefined || value === undefined) continue;
    const before = values.get(identifier);
    const fault = before !== undefined && before !== value ? 'has two values' : faultOf(message, identifier, value);
    if (fault !== '') context.error(message, field, 'RMR0706', `the SETTINGS parameter ${identifier} ${fault}`);
    values.set(identifier, value);
  }
  return { values, others: [...values].filter(([identifier]) => !named.has(identifier)) };
}

/** Empty: none. */
function faultOf(message: Http2ProtocolOptions, identifier: number, value: number): string {
  switch (identifier) {
    case SettingId.HeaderTableSize:
      return message.hpackTableSize === undefined ? '' : 'is also set by hpack_table_size';
    case SettingId.EnablePush:
      return value === 0 ? '' : '(ENABLE_PUSH) can only be 0: nothing is pushed';
    case SettingId.MaxConcurrentStreams:
      return message.maxConcurrentStreams === undefined ? '' : 'is also set by max_concurrent_streams';
    case SettingId.InitialWindowSize:
      if (message.initialStreamWindowSize !== undefined) return 'is also set by initial_stream_window_size';
      return value > largestWindow ? `is larger than the largest window, ${largestWindow}` : '';
    case SettingId.MaxFrameSize:
      return value === minMaxFrameSize ? '' : `(MAX_FRAME_SIZE) can only be ${minMaxFrameSize} here`;
    case SettingId.EnableConnectProtocol:
      return 'is set by allow_connect';
    default:
      return '';
  }
}
