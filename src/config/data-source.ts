/** Owns the reading of envoy.config.core.v3.DataSource: bytes that stand in the configuration, a file or the environment. */

import { readFileSync } from 'node:fs';
import { errorText } from '../base/error-text.ts';
import type { DataSource } from '../generated/envoy/config/core/v3/base_pb.d.ts';
import type { ConfigContext } from './context.ts';
import type { DiagnosticCode } from './diagnostics/catalogue.ts';

/** No bytes where nothing is set. Undefined after an error at `field` of `message` was reported. */
export function readDataSource(
  source: DataSource | undefined,
  message: object,
  field: string,
  code: DiagnosticCode,
  context: ConfigContext,
): Buffer | undefined {
  const specifier = source?.specifier;
  switch (specifier?.case) {
    case 'inlineString':
      return Buffer.from(specifier.value, 'utf8');
    case 'inlineBytes':
      return Buffer.from(specifier.value);
    case 'environmentVariable': {
      const value = process.env[specifier.value];
      if (value !== undefined) return Buffer.from(value, 'utf8');
      context.error(message, field, code, `the environment variable '${specifier.value}' is not set`);
      return undefined;
    }
    case 'filename':
      try {
        return readFileSync(specifier.value);
      } catch (error) {
        const reason = errorText(error);
        context.error(message, field, code, `the file cannot be read: ${reason}`);
        return undefined;
      }
    default:
      return Buffer.alloc(0);
  }
}
