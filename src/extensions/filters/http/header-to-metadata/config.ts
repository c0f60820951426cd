// Owns the way from envoy.extensions.filters.http.header_to_metadata.v3.Config to the filter.
import type { Message } from '@bufbuild/protobuf';
import { toByteString } from '../../../../base/byte-string.ts';
import type { ConfigContext } from '../../../../config/api.ts';
import type {
  Config,
  Config_KeyValuePair as Pair,
  Config_Rule as RuleMessage,
} from '../../../../generated/envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata_pb.d.ts';
import type { FilterPair, HttpFilterConfigFactory } from '../../../../http/filter/api.ts';
import { pinnedName } from '../../../../http/headers/api.ts';
import { readRegexRewrite } from '../../../../matchers/api.ts';
import type { StatsScope } from '../../../../observability/stats/api.ts';
import { HeaderToMetadataFilter, type HeaderToMetadataSettings } from './filter.ts';
import type { Rule, RuleList, Target } from './rules.ts';
import { HeaderToMetadataStats } from './stats.ts';
import type { ValueType } from './value.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: false,
  create(message: Message, context) {
    const settings = readSettings(message as Config, context.services.stats, context.config);
    return (
      settings && {
        name: context.name,
        terminal: false,
        disabledByDefault: context.disabled,
        createFilters: (): FilterPair => {
          const filter = new HeaderToMetadataFilter(settings);
          return { decoder: filter, encoder: filter };
        },
      }
    );
  },
  readRouteConfig(message: Message, config, { stats }) {
    const rules = message as Config;
    if (rules.requestRules.length === 0 && rules.responseRules.length === 0) {
      config.error(rules, '', 'RMR0700', 'a route needs request_rules or response_rules');
      return undefined;
    }
    return readSettings(rules, stats, config);
  },
};

function readSettings(message: Config, stats: StatsScope, config: ConfigContext): HeaderToMetadataSettings | undefined {
  const request = readRules(message.requestRules, config);
  const response = readRules(message.responseRules, config);
  if (request === undefined || response === undefined) return undefined;
  return {
    request,
    response,
    stats: message.statPrefix === '' ? null : new HeaderToMetadataStats(stats, message.statPrefix),
  };
}

/** Null where there are none, undefined when something was wrong and reported. */
function readRules(messages: readonly RuleMessage[], config: ConfigContext): RuleList | null | undefined {
  if (messages.length === 0) return null;
  const namespaces: string[] = [];
  const rules = messages.map((message) => readRule(message, namespaces, config)).filter((rule) => rule !== undefined);
  return rules.length === messages.length ? { rules, namespaces } : undefined;
}

function readRule(message: RuleMessage, namespaces: string[], config: ConfigContext): Rule | undefined {
  const { header, cookie, onHeaderPresent, onHeaderMissing, remove } = message;
  const errors = config.errorCount;
  const wrong = (field: string, text: string): void => config.error(message, field, 'RMR0700', text);
  if (header === '' && cookie === '') wrong('', 'neither header nor cookie is set');
  if (header !== '' && cookie !== '') wrong('cookie', 'both header and cookie are set');
  if (onHeaderPresent === undefined && onHeaderMissing === undefined) {
    wrong('', 'neither on_header_present nor on_header_missing is set');
  }
  if (
    onHeaderPresent !== undefined &&
    onHeaderPresent.value !== '' &&
    onHeaderPresent.regexValueRewrite !== undefined
  ) {
    wrong('on_header_present.regex_value_rewrite', 'value is set as well: there is nothing to rewrite');
  }
  if (onHeaderMissing !== undefined && onHeaderMissing.value === '') {
    wrong('on_header_missing.value', 'what is set in place of a missing header must have a value');
  }
  if (remove && cookie !== '') wrong('remove', 'a cookie cannot be removed');
  const onPresent = onHeaderPresent === undefined ? null : readTarget(onHeaderPresent, namespaces, config);
  const onMissing = onHeaderMissing === undefined ? null : readTarget(onHeaderMissing, namespaces, config);
  if (config.errorCount !== errors || onPresent === undefined || onMissing === undefined) return undefined;
  return {
    header: header === '' ? null : pinnedName(header),
    cookie: toByteString(cookie),
    onPresent,
    onMissing,
    remove,
  };
}

/** By envoy.extensions.filters.http.header_to_metadata.v3.Config.ValueType. */
const types: readonly ValueType[] = ['string', 'number', 'value'];
const base64 = 1;

function readTarget(message: Pair, namespaces: string[], config: ConfigContext): Target | undefined {
  const name = message.metadataNamespace === '' ? 'envoy.filters.http.header_to_metadata' : message.metadataNamespace;
  if (!namespaces.includes(name)) namespaces.push(name);
  const { regexValueRewrite } = message;
  const rewrite = regexValueRewrite === undefined ? null : readRegexRewrite(regexValueRewrite, config);
  if (rewrite === undefined) return undefined;
  return {
    namespace: namespaces.indexOf(name),
    key: message.key,
    value: {
      type: types[message.type] ?? 'string',
      base64: message.encode === base64,
      constant: toByteString(message.value),
      rewrite,
    },
  };
}
