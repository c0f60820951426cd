// Owns what access logs are handed of the matchers, which stand above them in the layers.
import type { HeaderMap } from '../http/headers/api.ts';
import { readHeaderMatcher, type readMetadataMatcher, readValueMatcher } from '../matchers/api.ts';
import type { AccessLogSettings } from '../observability/access-log/api.ts';

type HeaderMatcherMessage = Parameters<typeof readHeaderMatcher>[0];
type MetadataMatcherMessage = Parameters<typeof readMetadataMatcher>[0];

export const logMatchers: Pick<AccessLogSettings, 'headerMatcher' | 'metadataValue'> = {
  headerMatcher(message, config) {
    const matcher = readHeaderMatcher(message as HeaderMatcherMessage, config);
    return matcher === undefined ? undefined : (headers) => matcher.matches(headers as HeaderMap);
  },
  metadataValue(message, config) {
    const { filter, path, value } = message as MetadataMatcherMessage;
    const matcher = value && readValueMatcher(value, config);
    if (matcher === undefined) return undefined;
    const keys = path.map(({ segment }) => segment.value ?? '');
    return { namespace: filter, path: keys, matches: (found) => matcher.matches(found) };
  },
};
