// Reads direct responses, and with them the bodies that lie in files or the environment.

import { readFileSync } from 'node:fs';
import { errorText } from '../../base/error-text.ts';
import type { DirectResponseAction } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { readSubstitutionFormat } from '../../observability/access-log/api.ts';
import { type BodyFormat, PreparedDirectResponseRoute } from '../route-table/direct-response-route.ts';
import type { RouteBaseSettings } from '../route-table/route-base.ts';
import type { RouteBuild } from './context.ts';

export function readDirectResponse(
  message: DirectResponseAction,
  base: RouteBaseSettings,
  build: RouteBuild,
): PreparedDirectResponseRoute {
  return new PreparedDirectResponseRoute(
    base,
    message.status,
    readBody(message, build),
    readBodyFormat(message, build),
  );
}

/** Null without a format, or when an error was reported. */
function readBodyFormat({ bodyFormat }: DirectResponseAction, { config }: RouteBuild): BodyFormat | null {
  if (bodyFormat === undefined) return null;
  const formatter = readSubstitutionFormat(bodyFormat, config, pinnedName);
  if (formatter === undefined) return null;
  const isJson = bodyFormat.format.case === 'jsonFormat';
  return { formatter, contentType: bodyFormat.contentType || (isJson ? 'application/json' : '') };
}

/** A byte string; empty without a body, or when an error was reported. */
function readBody(message: DirectResponseAction, { config, settings }: RouteBuild): string {
  const { maxDirectResponseBodyBytes } = settings;
  const bytes = readSource(message);
  if (typeof bytes === 'string') {
    config.error(message, 'body', 'RMR0600', bytes);
    return '';
  }
  if (bytes.length > maxDirectResponseBodyBytes) {
    config.error(
      message,
      'body',
      'RMR0600',
      `The body has ${bytes.length} bytes, ${maxDirectResponseBodyBytes} are allowed`,
      'raise max_direct_response_body_size_bytes of the route configuration',
    );
    return '';
  }
  return bytes.toString('latin1');
}

/** A text instead of bytes says why there are none. */
function readSource(message: DirectResponseAction): Buffer | string {
  const source = message.body?.specifier;
  switch (source?.case) {
    case 'inlineString':
      return Buffer.from(source.value, 'utf8');
    case 'inlineBytes':
      return Buffer.from(source.value);
    case 'environmentVariable': {
      const value = process.env[source.value];
      return value === undefined ? `The environment variable ${source.value} is not set` : Buffer.from(value, 'utf8');
    }
    case 'filename':
      try {
        return readFileSync(source.value);
      } catch (error) {
        return `The file cannot be read: ${errorText(error)}`;
      }
    default:
      return Buffer.alloc(0);
  }
}
