// Owns the way from envoy.config.rbac.v3.Permission, what a request does, to its test.
import type { ConfigContext } from '../../../config/api.ts';
import type { Permission } from '../../../generated/envoy/config/rbac/v3/rbac_pb.d.ts';
import type { Int32Range } from '../../../generated/envoy/type/v3/range_pb.d.ts';
import { readHeaderMatcher, readPathMatcher, readStringMatcher } from '../../../matchers/api.ts';
import { readUriTemplate } from '../../../router/api.ts';
import { readCidr, readDynamicMetadata, readEach, readSourcedMetadata } from './config-values.ts';
import { addressOf, IpMatcher, PortRangeMatcher, ServerNameMatcher } from './connection-matchers.ts';
import { AllMatcher, AnyMatcher, anything, NotMatcher, type RbacMatcher } from './matcher.ts';
import { RequestHeaderMatcher, UrlPathMatcher } from './request-matchers.ts';

/** Undefined when something was wrong and reported. */
export function readPermission(message: Permission, context: ConfigContext): RbacMatcher | undefined {
  const { rule } = message;
  const read = (inner: Permission): RbacMatcher | undefined => readPermission(inner, context);
  switch (rule.case) {
    case 'andRules': {
      const rules = readEach(rule.value.rules, read);
      return rules && new AllMatcher(rules);
    }
    case 'orRules': {
      const rules = readEach(rule.value.rules, read);
      return rules && new AnyMatcher(rules);
    }
    case 'notRule': {
      const inner = read(rule.value);
      return inner && new NotMatcher(inner);
    }
    case 'any':
      // The API's own rules take only true.
      return rule.value ? anything : undefined;
    case 'header': {
      const header = readHeaderMatcher(rule.value, context);
      return header && new RequestHeaderMatcher(header);
    }
    case 'urlPath': {
      const path = readPathMatcher(rule.value, context);
      return path && new UrlPathMatcher(path);
    }
    case 'destinationIp': {
      const range = readCidr(rule.value, context);
      return range && new IpMatcher(addressOf.destination, range);
    }
    case 'destinationPort':
      return new PortRangeMatcher(rule.value, rule.value + 1);
    case 'destinationPortRange':
      return readPortRange(rule.value, message, context);
    case 'metadata':
      return readDynamicMetadata(rule.value, context);
    case 'sourcedMetadata':
      return readSourcedMetadata(rule.value, context);
    case 'requestedServerName': {
      const name = readStringMatcher(rule.value, context);
      return name && new ServerNameMatcher(name);
    }
    case 'uriTemplate': {
      const template = readUriTemplate(rule.value, context);
      return template && new UrlPathMatcher(template.regex);
    }
    case 'matcher':
      // The table of coverage refuses it.
      return undefined;
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

const portLimit = 65536;

function readPortRange(
  { start, end }: Int32Range,
  message: Permission,
  context: ConfigContext,
): RbacMatcher | undefined {
  if (start >= 0 && start < end && end <= portLimit) return new PortRangeMatcher(start, end);
  const text = `no port is in the range from ${start} up to, not including, ${end}, or some are beyond 65535`;
  context.error(message, 'destination_port_range', 'RMR0700', text);
  return undefined;
}
