/** Owns the reading of resources that a control plane sent: each is decoded and checked once, and named. */

import { fromBinary, type Message } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { errorText } from '../base/error-text.ts';
import type { ConfigContext } from './context.ts';
import { Origin } from './origin.ts';
import { propertyOf } from './property.ts';
import { registry } from './registry.ts';
import { checkRegularExpressions } from './semantic/regular-expressions.ts';
import { keepUnpacked, typeNameOf } from './unpacked.ts';
import { inspect } from './validate/inspect.ts';

export type ReceivedResource = {
  readonly name: string;
  /** Holds its message from now on: whoever unpacks it decodes nothing. */
  readonly any: Any;
};

/** Bytes as they came in a google.protobuf.Any. */
export type PackedBytes = { readonly typeUrl: string; readonly value: Uint8Array };

/**
 * Those that are whole, in their order; what is wrong with the others goes to the context, with the path
 * `Cluster["name"].field`.
 */
export async function decodeResources(
  packed: readonly PackedBytes[],
  context: ConfigContext,
): Promise<ReceivedResource[]> {
  const received: ReceivedResource[] = [];
  for (const { typeUrl, value } of packed) {
    const any: Any = { $typeName: 'google.protobuf.Any', typeUrl, value };
    const name = decode(any, context);
    if (name !== undefined) received.push({ name, any });
  }
  await checkRegularExpressions(context);
  return received;
}

function decode(any: Any, context: ConfigContext): string | undefined {
  const descriptor = registry().getMessage(typeNameOf(any.typeUrl));
  if (descriptor === undefined) {
    const text = `The API has no message ${JSON.stringify(typeNameOf(any.typeUrl))}`;
    context.report('error', new Origin(undefined, '', undefined, undefined), '', 'RMR0109', text);
    return undefined;
  }
  let message: Message;
  try {
    message = fromBinary(descriptor, any.value);
  } catch (error) {
    const origin = new Origin(undefined, descriptor.name, undefined, undefined);
    context.report('error', origin, '', 'RMR0113', `The bytes are no ${descriptor.name}: ${errorText(error)}`);
    return undefined;
  }
  // A ClusterLoadAssignment goes by the name of its cluster.
  const name = propertyOf(message, 'name') ?? propertyOf(message, 'clusterName');
  const text = typeof name === 'string' ? name : '';
  const errorsBefore = context.errorCount;
  inspect(message, descriptor, new Origin(undefined, descriptor.name, text, undefined), context);
  if (context.errorCount > errorsBefore) return undefined;
  keepUnpacked(any, message);
  return text;
}
