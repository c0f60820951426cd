// Reads envoy.config.core.v3.TlvEntry.
import type { ConfigContext } from '../../../config/api.ts';
import type { TlvEntry } from '../../../generated/envoy/config/core/v3/proxy_protocol_pb.d.ts';
import { headerName } from '../../../http/headers/api.ts';
import type { ProxyProtocolTlv } from '../../../network/api.ts';
import { readSubstitutionFormat } from '../../../observability/access-log/api.ts';
import { type FormattedValue, ProxyValues } from './values.ts';

/** Undefined after an error was reported. */
export function readProxyValues(entries: readonly TlvEntry[], config: ConfigContext): ProxyValues | undefined {
  const before = config.errorCount;
  const fixed: ProxyProtocolTlv[] = [];
  const formatted: FormattedValue[] = [];
  for (const entry of entries) {
    const { type, value, formatString } = entry;
    if (formatString === undefined) {
      if (value.length === 0)
        config.error(entry, '', 'RMR0903', 'the value of a PROXY header has no value', 'set value or format_string');
      fixed.push({ type, value: Buffer.from(value) });
      continue;
    }
    if (value.length > 0) {
      const text = 'the value of a PROXY header has both value and format_string';
      config.error(entry, 'format_string', 'RMR0903', text, 'set one of them');
      continue;
    }
    const format = readSubstitutionFormat(formatString, config, headerName);
    if (format !== undefined) formatted.push({ type, format });
  }
  return config.errorCount > before ? undefined : new ProxyValues(fixed, formatted);
}
