// Reads retry policies.
import { durationMs } from '../../base/duration.ts';
import type { ConfigContext } from '../../config/api.ts';
import type { RetryPolicy as CoreRetryPolicyMessage } from '../../generated/envoy/config/core/v3/base_pb.d.ts';
import type {
  HeaderMatcher as HeaderMatcherMessage,
  RetryPolicy_RateLimitedRetryBackOff,
  RetryPolicy as RetryPolicyMessage,
} from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { OmitHostMetadataConfig } from '../../generated/envoy/extensions/retry/host/omit_host_metadata/v3/omit_host_metadata_config_pb.d.ts';
import type { PreviousPrioritiesConfig } from '../../generated/envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { readHeaderMatcher } from '../../matchers/config.ts';
import type { HeaderMatcher } from '../../matchers/header-matcher.ts';
import type { RateLimitedBackOff, RetryPolicy } from '../api.ts';
import { OmitHostMetadata, omitCanaryHosts, previousHosts, type RetryHostPredicate } from '../retry-hosts.ts';
import { parsePolicyRetryOn } from '../retry-on.ts';
import { PreviousPriorities, type RetryPriorityPolicy } from '../retry-priorities.ts';

const defaultBaseMs = 25;
const coreBaseMs = 1000;
const UNIX_TIMESTAMP = 1;
const previousPriorities = 'envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig';

export function readRetryPolicy(message: RetryPolicyMessage, context: ConfigContext): RetryPolicy {
  // Envoy rounds a shorter interval up to a millisecond.
  const backOffBaseMs = Math.max(1, Math.floor(durationMs(message.retryBackOff?.baseInterval, defaultBaseMs)));
  const backOffMaxMs = Math.max(1, Math.floor(durationMs(message.retryBackOff?.maxInterval, backOffBaseMs * 10)));
  warnOfUnknownConditions(message, context);
  return Object.freeze({
    retryOn: parsePolicyRetryOn(message.retryOn),
    numRetries: message.numRetries ?? 1,
    perTryTimeoutMs: Math.floor(durationMs(message.perTryTimeout, 0)),
    perTryIdleTimeoutMs: Math.floor(durationMs(message.perTryIdleTimeout, 0)),
    retriableStatusCodes: Object.freeze([...message.retriableStatusCodes]),
    retriableHeaders: readMatchers(message.retriableHeaders, context),
    retriableRequestHeaders: readMatchers(message.retriableRequestHeaders, context),
    hostPredicates: readHostPredicates(message, context),
    hostSelectionAttempts:
      message.hostSelectionRetryMaxAttempts === 0n ? 1 : Number(message.hostSelectionRetryMaxAttempts),
    retryPriority: readRetryPriority(message, context),
    refreshesCluster: message.refreshClusterOnRetry,
    rateLimitedBackOff: readRateLimitedBackOff(message.rateLimitedRetryBackOff),
    backOffIsOwn: message.retryBackOff !== undefined,
    backOffBaseMs,
    backOffMaxMs,
  });
}

/**
 * The policy of requests of the proxy itself. Asked of the real Envoy: its intervals are longer by default, and no attempt
 * may last longer than the longest interval.
 */
export function readCoreRetryPolicy(message: CoreRetryPolicyMessage, context: ConfigContext): RetryPolicy {
  const { baseInterval, maxInterval } = message.retryBackOff ?? {};
  const backOffBaseMs = Math.max(1, Math.floor(durationMs(baseInterval, coreBaseMs)));
  const backOffMaxMs = Math.max(1, Math.floor(durationMs(maxInterval, backOffBaseMs * 10)));
  warnOfUnknownConditions(message, context);
  return Object.freeze({
    retryOn: parsePolicyRetryOn(message.retryOn),
    numRetries: message.numRetries ?? 1,
    perTryTimeoutMs: backOffMaxMs,
    perTryIdleTimeoutMs: 0,
    retriableStatusCodes: [],
    retriableHeaders: [],
    retriableRequestHeaders: [],
    hostPredicates: readHostPredicates(message, context),
    hostSelectionAttempts:
      message.hostSelectionRetryMaxAttempts === 0n ? 1 : Number(message.hostSelectionRetryMaxAttempts),
    retryPriority: readRetryPriority(message, context),
    refreshesCluster: false,
    rateLimitedBackOff: null,
    backOffIsOwn: true,
    backOffBaseMs,
    backOffMaxMs,
  });
}

function warnOfUnknownConditions(message: RetryPolicyMessage | CoreRetryPolicyMessage, context: ConfigContext): void {
  for (const condition of message.retryOn.split(',').map((word) => word.trim())) {
    if (condition === '' || parsePolicyRetryOn(condition) !== 0) continue;
    context.warning(
      message,
      'retry_on',
      'RMR0605',
      `'${condition}' is no condition for retries that is known here: it has no effect`,
    );
  }
}

function readMatchers(messages: readonly HeaderMatcherMessage[], context: ConfigContext): readonly HeaderMatcher[] {
  const matchers: HeaderMatcher[] = [];
  for (const message of messages) {
    const matcher = readHeaderMatcher(message, context);
    if (matcher !== undefined) matchers.push(matcher);
  }
  return Object.freeze(matchers);
}

function readHostPredicates(
  message: Pick<RetryPolicyMessage | CoreRetryPolicyMessage, 'retryHostPredicate'>,
  context: ConfigContext,
): readonly RetryHostPredicate[] {
  const predicates: RetryHostPredicate[] = [];
  for (const { configType } of message.retryHostPredicate) {
    if (configType.case === undefined) continue;
    const config = context.unpack(configType.value);
    switch (config?.$typeName) {
      case 'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate':
        predicates.push(previousHosts);
        break;
      case 'envoy.extensions.retry.host.omit_canary_hosts.v3.OmitCanaryHostsPredicate':
        predicates.push(omitCanaryHosts);
        break;
      case 'envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig': {
        const { metadataMatch } = config as OmitHostMetadataConfig;
        predicates.push(new OmitHostMetadata(metadataMatch?.filterMetadata['envoy.lb'] ?? {}));
        break;
      }
      default:
        // An unknown extension was reported when the document was read.
        break;
    }
  }
  return Object.freeze(predicates);
}

function readRetryPriority(
  message: Pick<RetryPolicyMessage | CoreRetryPolicyMessage, 'retryPriority'>,
  context: ConfigContext,
): RetryPriorityPolicy | null {
  const configType = message.retryPriority?.configType;
  if (configType?.case === undefined) return null;
  const config = context.unpack(configType.value);
  // An unknown extension was reported when the document was read.
  if (config?.$typeName !== previousPriorities) return null;
  return new PreviousPriorities((config as PreviousPrioritiesConfig).updateFrequency);
}

function readRateLimitedBackOff(message: RetryPolicy_RateLimitedRetryBackOff | undefined): RateLimitedBackOff | null {
  if (message === undefined) return null;
  return Object.freeze({
    maxMs: durationMs(message.maxInterval, 300_000),
    headers: Object.freeze(
      message.resetHeaders.map(({ name, format }) => ({
        name: pinnedName(name),
        isTimestamp: format === UNIX_TIMESTAMP,
      })),
    ),
  });
}
