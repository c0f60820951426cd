// The extension `envoy.filters.http.header_mutation`: reads HeaderMutation and, for routes, HeaderMutationPerRoute.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../../../config/api.ts';
import type { KeyValueMutation } from '../../../../generated/envoy/config/core/v3/base_pb.d.ts';
import type {
  HeaderMutation,
  HeaderMutationPerRoute,
  Mutations as MutationsMessage,
} from '../../../../generated/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory, HttpFilterFactory } from '../../../../http/filter/api.ts';
import { pinnedName } from '../../../../http/headers/api.ts';
import { type FormatterSettings, readFormatString, readFormatters } from '../../../../observability/access-log/api.ts';
import { readHeaderMutations } from '../../../common/header-mutations/config.ts';
import { HeaderMutationFilter, type Mutations } from './filter.ts';
import { escapeQuery, type QueryMutation } from './query-mutations.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context): HttpFilterFactory {
    const { mutations, mostSpecificHeaderMutationsWins } = message as HeaderMutation;
    const own = readMutations(mutations, context.config);
    return {
      name: context.name,
      terminal: false,
      disabledByDefault: context.disabled,
      createFilters: (): FilterPair => {
        const filter = new HeaderMutationFilter(own, mostSpecificHeaderMutationsWins);
        return { decoder: filter, encoder: filter };
      },
    };
  },
  readRouteConfig: (message: Message, config) => readMutations((message as HeaderMutationPerRoute).mutations, config),
};

function readMutations(message: MutationsMessage | undefined, config: ConfigContext): Mutations {
  const formatters = message && readFormatters(message, config);
  return {
    request: readHeaderMutations(message?.requestMutations ?? [], 'request', config, formatters),
    requestTrailers: readHeaderMutations(message?.requestTrailersMutations ?? [], 'request', config, formatters),
    response: readHeaderMutations(message?.responseMutations ?? [], 'response', config, formatters),
    responseTrailers: readHeaderMutations(message?.responseTrailersMutations ?? [], 'response', config, formatters),
    query: (message?.queryParameterMutations ?? [])
      .map((mutation) => readQueryMutation(mutation, config, formatters))
      .filter((mutation): mutation is QueryMutation => mutation !== undefined),
  };
}

function readQueryMutation(
  message: KeyValueMutation,
  config: ConfigContext,
  formatters: FormatterSettings | undefined,
): QueryMutation | undefined {
  const { append, remove } = message;
  if ((append === undefined) === (remove === '')) {
    config.error(message, '', 'RMR0700', 'A mutation of a query parameter has one of append and remove');
    return undefined;
  }
  if (append === undefined) return { key: keyOf(remove), value: null, action: 0 };
  const { record } = append;
  const text = record?.value?.kind;
  if (record === undefined || text?.case !== 'stringValue') {
    config.error(
      append,
      record === undefined ? '' : 'record.value',
      'RMR0700',
      'append needs a record whose value is text',
    );
    return undefined;
  }
  const options = { headerName: pinnedName, omitEmptyValues: true, ...formatters };
  const value = text.value.includes('%')
    ? readFormatString(text.value, append, 'record.value', config, options)
    : Buffer.from(text.value, 'utf8').toString('latin1');
  return value === undefined ? undefined : { key: keyOf(record.key), value, action: append.action };
}

/** As names stand in a path: compared with those that came once harmless escapes are undone. */
function keyOf(name: string): string {
  return escapeQuery(Buffer.from(name, 'utf8').toString('latin1')).replaceAll('%7E', '~');
}
