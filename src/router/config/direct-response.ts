// Reads direct responses, and with them the bodies that lie in files or the environment.

import { readDataSource } from '../../config/api.ts';
import type { DirectResponseAction } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { readSubstitutionFormat } from '../../observability/access-log/api.ts';
import { type BodyFormat, PreparedDirectResponseRoute } from '../route-table/direct-response-route.ts';
import type { RouteBaseSettings } from '../route-table/route-base.ts';
import { WatchedBody } from '../route-table/watched-body.ts';
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
function readBody(message: DirectResponseAction, { config, settings, watched }: RouteBuild): string | WatchedBody {
  const { maxDirectResponseBodyBytes: limit } = settings;
  const { body } = message;
  const bytes = readDataSource(body, message, 'body', 'RMR0600', config) ?? Buffer.alloc(0);
  if (bytes.length > limit) {
    config.error(
      message,
      'body',
      'RMR0600',
      `The body has ${bytes.length} bytes, ${limit} are allowed`,
      'raise max_direct_response_body_size_bytes of the route configuration',
    );
    return '';
  }
  const text = bytes.toString('latin1');
  if (body?.watchedDirectory === undefined || body.specifier.case !== 'filename') return text;
  const follows = new WatchedBody(body.specifier.value, body.watchedDirectory.path, limit, text);
  watched.push(follows);
  return follows;
}
