// Turns Listener.listener_filters into factories, with the predicate that says which connections pass a filter by.
import { create } from '@bufbuild/protobuf';
import { messageDescriptor } from '../config/api.ts';
import type {
  ListenerFilterChainMatchPredicate,
  ListenerFilter as ListenerFilterMessage,
} from '../generated/envoy/config/listener/v3/listener_components_pb.d.ts';
import type { Listener } from '../generated/envoy/config/listener/v3/listener_pb.d.ts';
import type { AcceptedConnection } from './accepted-connection.ts';
import { type ListenerFilterContext, listenerFilterCategory, udpListenerFilterCategory } from './api.ts';
import type { ListenerFilterEntry } from './config-types.ts';

const originalDst = 'envoy.extensions.filters.listener.original_dst.v3.OriginalDst';
const proxyProtocol = 'envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol';

/** Message names of the filters that a listener has without naming them, in the order in which Envoy adds them. */
export function impliedListenerFilters({ useOriginalDst, filterChains }: Listener): string[] {
  const names: string[] = [];
  if (useOriginalDst === true) names.push(originalDst);
  // As Envoy: that of the first chain is asked, and holds for all.
  if (filterChains[0]?.useProxyProto === true) names.push(proxyProtocol);
  return names;
}

/** Errors are reported to `context.config`. */
export function readListenerFilters(listener: Listener, context: ListenerFilterContext): ListenerFilterEntry[] {
  const entries = readNamedFilters(listener.listenerFilters, context);
  for (const name of impliedListenerFilters(listener)) {
    const descriptor = messageDescriptor(name);
    const factory = context.services.extensions.get(listenerFilterCategory, name);
    const made = descriptor && factory?.create(create(descriptor), context);
    if (made !== undefined) entries.push({ factory: made, disabled: null });
  }
  return entries;
}

function readNamedFilters(
  messages: readonly ListenerFilterMessage[],
  context: ListenerFilterContext,
): ListenerFilterEntry[] {
  const { config, services } = context;
  const entries: ListenerFilterEntry[] = [];
  for (const message of messages) {
    if (message.configType.case !== 'typedConfig') {
      const text = `the listener filter '${message.name}' has no typed_config`;
      if (message.configType.case === undefined) config.error(message, '', 'RMR0400', text);
      continue;
    }
    const typed = config.unpack(message.configType.value);
    if (typed === undefined) continue;
    const factory = services.extensions.get(listenerFilterCategory, typed.$typeName);
    if (factory === undefined) {
      const isUdp = services.extensions.get(udpListenerFilterCategory, typed.$typeName) !== undefined;
      const text = isUdp
        ? `${typed.$typeName} is for datagrams: the listener's address is not of protocol UDP`
        : `the listener filter extension ${typed.$typeName} is not implemented yet`;
      config.error(message, 'typed_config', 'RMR0304', text);
      continue;
    }
    const made = factory.create(typed, context);
    if (made !== undefined) entries.push({ factory: made, disabled: readPredicate(message.filterDisabled) });
  }
  return entries;
}

type Predicate = (accepted: AcceptedConnection) => boolean;

function readPredicate(message: ListenerFilterChainMatchPredicate | undefined): Predicate | null {
  const rule = message?.rule;
  switch (rule?.case) {
    case 'orMatch': {
      const rules = rule.value.rules.map(readPredicate);
      return (accepted) => rules.some((one) => one?.(accepted) === true);
    }
    case 'andMatch': {
      const rules = rule.value.rules.map(readPredicate);
      return (accepted) => rules.every((one) => one?.(accepted) === true);
    }
    case 'notMatch': {
      const inner = readPredicate(rule.value);
      return (accepted) => inner?.(accepted) !== true;
    }
    case 'anyMatch': {
      const always = rule.value;
      return () => always;
    }
    case 'destinationPortRange': {
      const { start, end } = rule.value;
      return ({ destination }) => destination !== null && destination.port >= start && destination.port < end;
    }
    default:
      return null;
  }
}
