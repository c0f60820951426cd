// Turns Listener.listener_filters into factories, with the predicate that says which connections pass a filter by.
import type {
  ListenerFilterChainMatchPredicate,
  ListenerFilter as ListenerFilterMessage,
} from '../generated/envoy/config/listener/v3/listener_components_pb.d.ts';
import type { AcceptedConnection } from './accepted-connection.ts';
import { type ListenerFilterContext, listenerFilterCategory } from './api.ts';
import type { ListenerFilterEntry } from './config-types.ts';

/** Errors are reported to `context.config`. */
export function readListenerFilters(
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
      const text = `the listener filter extension ${typed.$typeName} is not implemented yet`;
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
    case 'anyMatch':
      return () => rule.value;
    case 'destinationPortRange': {
      const { start, end } = rule.value;
      return ({ destination }) => destination !== null && destination.port >= start && destination.port < end;
    }
    default:
      return null;
  }
}
