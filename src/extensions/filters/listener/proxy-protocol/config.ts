// Reads envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol.
import type { Message } from '@bufbuild/protobuf';
import type {
  ProxyProtocol,
  ProxyProtocol_KeyValuePair,
} from '../../../../generated/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol_pb.d.ts';
import type { ListenerFilterConfigFactory, ListenerFilterFactory } from '../../../../listener/api.ts';
import { ProxyProtocolFilter, type ProxyProtocolSettings } from './filter.ts';
import { proxyProtocolStats } from './stats.ts';
import type { ValueRule } from './values.ts';

/** ProxyProtocolConfig.Version, TlvLocation, PassTLVsMatchType and ValueStringEncoding have numbers alone. */
const versionOne = 0;
const versionTwo = 1;
const inFilterState = 1;
const includeAll = 0;
const base64 = 2;

const defaultNamespace = 'envoy.filters.listener.proxy_protocol';

export const factory: ListenerFilterConfigFactory = {
  create(message: Message, { config, services }): ListenerFilterFactory | undefined {
    const proxy = message as ProxyProtocol;
    const disallowed: readonly number[] = proxy.disallowedVersions;
    const versions = { 1: !disallowed.includes(versionOne), 2: !disallowed.includes(versionTwo) };
    if (!versions[1] && !versions[2]) {
      config.error(proxy, 'disallowed_versions', 'RMR0700', 'with both versions disallowed no header could ever come');
      return undefined;
    }
    const pass = proxy.passThroughTlvs;
    const settings: ProxyProtocolSettings = {
      stats: proxyProtocolStats(services.stats, proxy.statPrefix),
      optional: proxy.allowRequestsWithoutProxyProtocol,
      versions,
      rules: readRules(proxy),
      location: Number(proxy.tlvLocation) === inFilterState ? 'filter-state' : 'metadata',
      passThrough: pass !== undefined && Number(pass.matchType) === includeAll ? null : new Set(pass?.tlvType ?? []),
    };
    return { createFilter: () => new ProxyProtocolFilter(settings) };
  },
};

/** As Envoy: of two rules for a type the last counts. */
function readRules({ rules }: ProxyProtocol): Map<number, ValueRule> {
  const read = new Map<number, ValueRule>();
  for (const { tlvType, onTlvPresent } of rules) {
    if (onTlvPresent !== undefined) read.set(tlvType, readRule(onTlvPresent));
  }
  return read;
}

function readRule({ metadataNamespace, key, valueStringEncoding }: ProxyProtocol_KeyValuePair): ValueRule {
  return {
    namespace: metadataNamespace === '' ? defaultNamespace : metadataNamespace,
    key,
    encoding: Number(valueStringEncoding) === base64 ? 'base64' : 'utf8',
  };
}
