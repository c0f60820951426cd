// Reads retry policies.
import { durationMs } from '../../base/duration.ts';
import type { ConfigContext } from '../../config/api.ts';
import type { RetryPolicy as RetryPolicyMessage } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type { RetryPolicy } from '../api.ts';
import { parseRetryOn } from '../retry-on.ts';

const defaultBaseMs = 25;

export function readRetryPolicy(message: RetryPolicyMessage, context: ConfigContext): RetryPolicy {
  // Envoy rounds a shorter interval up to a millisecond.
  const backOffBaseMs = Math.max(1, Math.floor(durationMs(message.retryBackOff?.baseInterval, defaultBaseMs)));
  const backOffMaxMs = Math.max(1, Math.floor(durationMs(message.retryBackOff?.maxInterval, backOffBaseMs * 10)));
  for (const condition of message.retryOn.split(',').map((word) => word.trim())) {
    if (condition === '' || parseRetryOn(condition) !== 0) continue;
    context.warning(
      message,
      'retry_on',
      'RMR0605',
      `'${condition}' is no condition for retries that is known here: it has no effect`,
    );
  }
  return Object.freeze({
    retryOn: parseRetryOn(message.retryOn),
    numRetries: message.numRetries ?? 1,
    perTryTimeoutMs: Math.floor(durationMs(message.perTryTimeout, 0)),
    retriableStatusCodes: Object.freeze([...message.retriableStatusCodes]),
    backOffBaseMs,
    backOffMaxMs,
  });
}
