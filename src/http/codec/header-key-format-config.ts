// Reads header_key_format: how field names look on the wire.
import type { ConfigContext } from '../../config/api.ts';
import type { Http1ProtocolOptions } from '../../generated/envoy/config/core/v3/protocol_pb.d.ts';
import type { PreserveCaseFormatterConfig } from '../../generated/envoy/extensions/http/header_formatters/preserve_case/v3/preserve_case_pb.d.ts';
import type { Http1Settings } from './api.ts';

const preserveCaseType = 'envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig';

export type HeaderKeyFormatSettings = Pick<Http1Settings, 'headerKeyFormat' | 'preserveCase'>;

const lower: HeaderKeyFormatSettings = { headerKeyFormat: 'lower', preserveCase: null };

export function readHeaderKeyFormat(
  http1: Http1ProtocolOptions | undefined,
  context: ConfigContext,
): HeaderKeyFormatSettings {
  const format = http1?.headerKeyFormat?.headerFormat;
  if (format?.case === 'properCaseWords') return { headerKeyFormat: 'proper', preserveCase: null };
  if (format?.case !== 'statefulFormatter') return lower;
  const config = format.value.typedConfig && context.unpack(format.value.typedConfig);
  if (config === undefined) return lower;
  if (config.$typeName !== preserveCaseType) {
    const text = `${config.$typeName} is no implemented format of header names`;
    context.error(format.value, 'typed_config', 'RMR0304', text, `use ${preserveCaseType}`);
    return lower;
  }
  const { forwardReasonPhrase, formatterTypeOnEnvoyHeaders } = config as PreserveCaseFormatterConfig;
  const preserveCase = { reasonPhrase: forwardReasonPhrase, properElse: formatterTypeOnEnvoyHeaders === 1 };
  return { headerKeyFormat: 'lower', preserveCase };
}
