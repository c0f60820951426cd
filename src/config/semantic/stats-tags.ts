/** Owns the checks of stats_config.stats_tags. Envoy's tags take ECMAScript expressions here (std::regex), not RE2. */
import { errorText } from '../../base/error-text.ts';
import type { Bootstrap } from '../../generated/envoy/config/bootstrap/v3/bootstrap_pb.d.ts';
import type { ConfigContext } from '../context.ts';

/** Names for which Envoy has an expression of its own. */
const defaultTags = /^envoy\.[a-z0-9_.]+$/;

export function checkStatsTags(bootstrap: Bootstrap, context: ConfigContext): void {
  for (const tag of bootstrap.statsConfig?.statsTags ?? []) {
    const value = tag.tagValue;
    if (value.case === undefined || (value.case === 'regex' && value.value === '')) {
      if (defaultTags.test(tag.tagName)) continue;
      context.error(tag, '', 'RMR0900', `The tag ${JSON.stringify(tag.tagName)} has neither regex nor fixed_value`);
    } else if (value.case === 'regex') {
      try {
        new RegExp(value.value);
      } catch (error) {
        const reason = errorText(error);
        context.error(tag, 'regex', 'RMR0900', `The expression of the tag cannot be read: ${reason}`);
      }
    }
  }
}
