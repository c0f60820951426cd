// Finds the extensions that a configuration names, for ExtensionRegistry.preload.
import { type ConfigContext, typeNameOf } from '../config/api.ts';

interface AnyMessage {
  readonly $typeName: 'google.protobuf.Any';
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

function isAny(value: object): value is AnyMessage {
  return (value as { $typeName?: unknown }).$typeName === 'google.protobuf.Any';
}

/** A policy in the field `cors` of a virtual host or route: the extension reads it as it reads its own message. */
function isDeprecatedCors(value: object): boolean {
  return (value as { $typeName?: unknown }).$typeName === 'envoy.config.route.v3.CorsPolicy';
}

const corsPolicyName = 'envoy.extensions.filters.http.cors.v3.CorsPolicy';

/** Full message names of every typed_config in the message, however deep. Walks plain data: no cycles. */
export function typeNamesIn(message: object, context: ConfigContext, into = new Set<string>()): Set<string> {
  if (isAny(message)) {
    into.add(typeNameOf(message.typeUrl));
    // `config: {}` of a FilterConfig names nothing.
    if (message.typeUrl === '') return into;
    const inner = context.unpack(message);
    if (inner !== undefined) {
      into.add(inner.$typeName);
      typeNamesIn(inner, context, into);
    }
    return into;
  }
  if (message instanceof Uint8Array) return into;
  if (isDeprecatedCors(message)) into.add(corsPolicyName);
  for (const value of Object.values(message)) {
    if (typeof value === 'object' && value !== null) typeNamesIn(value, context, into);
  }
  return into;
}
