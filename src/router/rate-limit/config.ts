// Reads rate limits (envoy.config.route.v3.RateLimit) of routes, virtual hosts and filters.
import { toByteString } from '../../base/byte-string.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { ConfigContext } from '../../config/api.ts';
import type { TypedExtensionConfig } from '../../generated/envoy/config/core/v3/extension_pb.d.ts';
import type {
  RateLimit_Action,
  RateLimit_Action_MetaData,
  RateLimit_Action_RemoteAddressMatch,
  RateLimit as RateLimitMessage,
} from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { readHeaderMatcher, readQueryParameterMatcher } from '../../matchers/config.ts';
import { readCidr } from '../../matchers/config-cidr.ts';
import { httpInput, isOfLater } from '../../matchers/tree/config-request-inputs.ts';
import { compileFormat, FormatError, type Formatter } from '../../observability/access-log/api.ts';
import {
  AddressMatchAction,
  DestinationClusterAction,
  FixedAction,
  HeaderMatchAction,
  InputAction,
  MaskedRemoteAddressAction,
  MetadataAction,
  type MetadataSource,
  QueryMatchAction,
  QueryParameterAction,
  type RateLimitAction,
  RemoteAddressAction,
  RequestHeaderAction,
} from './actions.ts';
import { type DescriptorEntry, RateLimit, type RateLimits } from './descriptor.ts';

export interface RateLimitServices {
  readonly runtime: Runtime;
  /** This process's own cluster (node.cluster), for source_cluster. */
  readonly sourceCluster: string;
}

export function readRateLimits(
  messages: readonly RateLimitMessage[],
  services: RateLimitServices,
  config: ConfigContext,
): RateLimits {
  return messages.map((message) => readRateLimit(message, services, config));
}

function readRateLimit(message: RateLimitMessage, services: RateLimitServices, config: ConfigContext): RateLimit {
  const actions: RateLimitAction[] = [];
  for (const action of message.actions) {
    const read = readAction(action, services, config);
    if (read !== undefined) actions.push(read);
  }
  return new RateLimit(
    {
      stage: message.stage ?? 0,
      disableKey: message.disableKey === '' ? '' : `ratelimit.${message.disableKey}.http_filter_enabled`,
      actions,
      hits: readHits(message, config),
      xRateLimitOption: message.xRatelimitOption,
      applyOnStreamDone: message.applyOnStreamDone,
    },
    services.runtime,
  );
}

function readHits({ hitsAddend }: RateLimitMessage, config: ConfigContext): number | Formatter {
  if (hitsAddend === undefined) return 1;
  if (hitsAddend.format === '') return hitsAddend.number === undefined ? 1 : Number(hitsAddend.number);
  if (hitsAddend.number !== undefined) {
    config.error(hitsAddend, 'format', 'RMR0600', 'number and format exclude each other');
  }
  try {
    return compileFormat(hitsAddend.format, { headerName: pinnedName, omitEmptyValues: true });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    config.error(hitsAddend, 'format', 'RMR0703', error.message);
    return 1;
  }
}

function readAction(
  message: RateLimit_Action,
  services: RateLimitServices,
  config: ConfigContext,
): RateLimitAction | undefined {
  const { actionSpecifier: action } = message;
  switch (action.case) {
    case 'sourceCluster':
      return new FixedAction('source_cluster', toByteString(services.sourceCluster));
    case 'destinationCluster':
      return new DestinationClusterAction();
    case 'requestHeaders': {
      const { headerName, descriptorKey, skipIfAbsent } = action.value;
      return new RequestHeaderAction(pinnedName(headerName), descriptorKey, skipIfAbsent);
    }
    case 'queryParameters': {
      const { queryParameterName, descriptorKey, skipIfAbsent } = action.value;
      return new QueryParameterAction(toByteString(queryParameterName), descriptorKey, skipIfAbsent);
    }
    case 'remoteAddress':
      return new RemoteAddressAction();
    case 'maskedRemoteAddress':
      return new MaskedRemoteAddressAction(action.value.v4PrefixMaskLen ?? 32, action.value.v6PrefixMaskLen ?? 128);
    case 'genericKey':
      return new FixedAction(action.value.descriptorKey || 'generic_key', toByteString(action.value.descriptorValue));
    case 'headerValueMatch': {
      const headers = action.value.headers.map((header) => readHeaderMatcher(header, config)).filter(isRead);
      return new HeaderMatchAction(entryOf(action.value, 'header_match'), action.value.expectMatch ?? true, headers);
    }
    case 'queryParameterValueMatch': {
      const { queryParameters, expectMatch } = action.value;
      const parameters = queryParameters
        .map((parameter) => readQueryParameterMatcher(parameter, config))
        .filter(isRead);
      return new QueryMatchAction(entryOf(action.value, 'query_match'), expectMatch ?? true, parameters);
    }
    case 'remoteAddressMatch':
      return readAddressMatch(action.value, config);
    case 'metadata':
      return readMetadata(action.value, config);
    case 'extension':
      return readExtension(action.value, config);
    case 'dynamicMetadata':
      // As Envoy; the table of coverage says what to use in its place.
      return undefined;
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

function isRead<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}

function entryOf(
  message: { readonly descriptorKey: string; readonly descriptorValue: string },
  defaultKey: string,
): DescriptorEntry {
  return { key: message.descriptorKey || defaultKey, value: toByteString(message.descriptorValue) };
}

function readAddressMatch(message: RateLimit_Action_RemoteAddressMatch, config: ConfigContext): RateLimitAction {
  const { addressMatcher } = message;
  const ranges = (addressMatcher?.ranges ?? []).map((range) => readCidr(range, config));
  return new AddressMatchAction(
    entryOf(message, 'remote_address_match'),
    addressMatcher?.invertMatch !== true,
    (address) => ranges.some((range) => range?.contains(address) === true),
  );
}

/** An input of matcher trees. */
function readExtension(extension: TypedExtensionConfig, config: ConfigContext): RateLimitAction | undefined {
  const message = extension.typedConfig && config.unpack(extension.typedConfig);
  if (message === undefined) return undefined;
  const input = httpInput(message);
  if (input === undefined) {
    config.error(message, '', 'RMR0600', `${message.$typeName} cannot describe a request for rate limits`);
    return undefined;
  }
  if (input.kind === 'json' || isOfLater(message)) {
    const text = `${message.$typeName} is nothing that describes a request: this rate limit never applies`;
    config.warning(message, '', 'RMR0605', text);
  }
  return new InputAction(extension.name, input);
}

const sources: readonly MetadataSource[] = [0, 1, 2];

function readMetadata(message: RateLimit_Action_MetaData, config: ConfigContext): RateLimitAction | undefined {
  const { metadataKey } = message;
  const source = sources.find((known) => known === Number(message.source));
  if (source === undefined) {
    config.error(message, 'source', 'RMR0306', 'Metadata of the locality is not implemented for rate limits');
    return undefined;
  }
  // Required by the API's own rules.
  if (metadataKey === undefined) return undefined;
  return new MetadataAction({
    key: message.descriptorKey,
    source,
    namespace: metadataKey.key,
    path: metadataKey.path.map(({ segment }) => (segment.case === 'key' ? segment.value : '')),
    defaultValue: toByteString(message.defaultValue),
    skipIfAbsent: message.skipIfAbsent,
  });
}
