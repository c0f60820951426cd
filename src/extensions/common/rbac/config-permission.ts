// Owns the way from envoy.config.rbac.v3.Permission, what a request does, to its test.
import type { ConfigContext } from '../../../config/api.ts';
import type { TypedExtensionConfig } from '../../../generated/envoy/config/core/v3/extension_pb.d.ts';
import type { Permission } from '../../../generated/envoy/config/rbac/v3/rbac_pb.d.ts';
import type { UpstreamIpPortMatcher } from '../../../generated/envoy/extensions/rbac/matchers/upstream_ip_port/v3/upstream_ip_port_matcher_pb.d.ts';
import type { Int32Range } from '../../../generated/envoy/type/v3/range_pb.d.ts';
import { readCidr, readHeaderMatcher, readPathMatcher, readStringMatcher } from '../../../matchers/api.ts';
import { readUriTemplate } from '../../../router/api.ts';
import { readDynamicMetadata, readEach, readSourcedMetadata } from './config-values.ts';
import { addressOf, IpMatcher, PortRangeMatcher, ServerNameMatcher, UpstreamMatcher } from './connection-matchers.ts';
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
      return readExtension(rule.value, context);
    case undefined:
      // Required by the API's own rules.
      return undefined;
  }
}

function readExtension(extension: TypedExtensionConfig, context: ConfigContext): RbacMatcher | undefined {
  const message = extension.typedConfig && context.unpack(extension.typedConfig);
  if (message === undefined) return undefined;
  if (message.$typeName !== 'envoy.extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher') {
    context.error(message, '', 'RMR0705', `${message.$typeName} is no permission of rbac`);
    return undefined;
  }
  const { upstreamIp, upstreamPortRange } = message as UpstreamIpPortMatcher;
  if (upstreamIp === undefined && upstreamPortRange === undefined) {
    context.error(message, '', 'RMR0705', 'upstream_ip or upstream_port_range must say what is permitted');
    return undefined;
  }
  const range = upstreamIp === undefined ? null : readCidr(upstreamIp, context);
  if (range === undefined) return undefined;
  const ports =
    upstreamPortRange === undefined
      ? null
      : { start: Number(upstreamPortRange.start), end: Number(upstreamPortRange.end) };
  return new UpstreamMatcher(range, ports);
}

const portLimit = 65536;

function readPortRange(
  { start, end }: Int32Range,
  message: Permission,
  context: ConfigContext,
): RbacMatcher | undefined {
  if (start >= 0 && start < end && end <= portLimit) return new PortRangeMatcher(start, end);
  const text = `no port is in the range from ${start} up to, not including, ${end}, or some are beyond 65535`;
  context.error(message, 'destination_port_range', 'RMR0705', text);
  return undefined;
}
