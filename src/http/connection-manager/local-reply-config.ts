// Turns local_reply_config into the rewriter of local replies.
import { readDataSource } from '../../config/api.ts';
import type { SubstitutionFormatString } from '../../generated/envoy/config/core/v3/substitution_format_string_pb.d.ts';
import type {
  LocalReplyConfig,
  ResponseMapper,
} from '../../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts';
import { readAccessLogFilter, readSubstitutionFormat } from '../../observability/access-log/api.ts';
import { readResponseHeaderRules } from '../../router/api.ts';
import type { ConnectionManagerContext } from './api.ts';
import { LocalReplyRewriter, type ReplyFormat, type ReplyMapper } from './local-reply-rewriter.ts';

const asItIs: ReplyFormat = { formatter: null, contentType: 'text/plain' };

/** Null without one, or after errors were reported. */
export function readLocalReplyConfig(
  message: LocalReplyConfig | undefined,
  context: ConnectionManagerContext,
): LocalReplyRewriter | null {
  if (message === undefined) return null;
  const mappers: ReplyMapper[] = [];
  for (const mapper of message.mappers) {
    const read = readMapper(mapper, context);
    if (read !== undefined) mappers.push(read);
  }
  const format = message.bodyFormat === undefined ? asItIs : readFormat(message.bodyFormat, context);
  return format === undefined ? null : new LocalReplyRewriter(mappers, format);
}

function readMapper(message: ResponseMapper, context: ConnectionManagerContext): ReplyMapper | undefined {
  const { config, services } = context;
  // The API's own rules ask for the filter.
  const filter = message.filter && readAccessLogFilter(message.filter, { config, settings: services.accessLog });
  const body = message.body && readDataSource(message.body, message, 'body', 'RMR0700', config);
  const format = message.bodyFormatOverride && readFormat(message.bodyFormatOverride, context);
  const headers = readResponseHeaderRules(message.headersToAdd, config);
  if (filter === undefined) return undefined;
  return {
    filter,
    status: message.statusCode ?? 0,
    body: body === undefined ? null : body.toString('latin1'),
    format: format ?? null,
    headers,
  };
}

/** The type of JSON is JSON's, of text plain text, unless the format names one. */
function readFormat(message: SubstitutionFormatString, context: ConnectionManagerContext): ReplyFormat | undefined {
  const formatter = readSubstitutionFormat(message, context.config, context.services.accessLog.headerName);
  if (formatter === undefined) return undefined;
  const ownType = message.format.case === 'jsonFormat' ? 'application/json' : 'text/plain';
  return { formatter, contentType: message.contentType === '' ? ownType : message.contentType };
}
