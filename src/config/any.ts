/**
 * Owns the unpacking of google.protobuf.Any. What came from text was read with its document and is only looked up; what
 * came over the wire is decoded, given origins (paths, no positions) and checked here, once.
 */

import { fromBinary, type JsonObject, type Message } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { errorText } from '../base/error-text.ts';
import type { ConfigContext } from './context.ts';
import { Origin, originOf, setOrigin } from './origin.ts';
import { readMessage } from './parse/message.ts';
import { propertyOf } from './property.ts';
import { registry } from './registry.ts';
import { isMapping, type SourceValue } from './source/value.ts';
import { alreadyUnpacked, isTypedStruct, keepUnpacked, typedConfigHint, typeNameOf } from './unpacked.ts';
import { inspect } from './validate/inspect.ts';

export { alreadyUnpacked } from './unpacked.ts';

/** See ConfigContext.unpack. */
export function unpackAny(any: Any, context: ConfigContext): Message | undefined {
  const known = alreadyUnpacked(any);
  if (known !== undefined) return known;
  if (any.typeUrl === '') {
    context.error(any, '', 'RMR0308', 'Nothing says which extension this is: typed_config is empty', typedConfigHint);
    return undefined;
  }
  const errorsBefore = context.errorCount;
  const message = decode(any, context);
  if (message === undefined) return undefined;
  const descriptor = registry().getMessage(message.$typeName);
  if (descriptor !== undefined) inspect(message, descriptor, originOf(message) ?? originOf(any), context);
  // A broken message is not kept: each unpacking reports it again, to its own context.
  if (context.errorCount > errorsBefore) return undefined;
  keepUnpacked(any, message);
  return message;
}

function decode(any: Any, context: ConfigContext): Message | undefined {
  const name = typeNameOf(any.typeUrl);
  const descriptor = registry().getMessage(name);
  if (descriptor === undefined) {
    context.error(any, '', 'RMR0109', `The API has no message ${JSON.stringify(name)}`);
    return undefined;
  }
  let message: Message;
  try {
    message = fromBinary(descriptor, any.value);
  } catch (error) {
    const reason = errorText(error);
    context.error(any, '', 'RMR0113', `The bytes are no ${descriptor.name}: ${reason}`);
    return undefined;
  }
  const origin = originOf(any);
  if (origin !== undefined) setOrigin(message, origin);
  return isTypedStruct(descriptor.typeName) ? fromTypedStruct(message, origin, context) : message;
}

/** The message a TypedStruct from the wire describes; the TypedStruct itself when its type is unknown. */
function fromTypedStruct(struct: Message, origin: Origin | undefined, context: ConfigContext): Message | undefined {
  const typeUrl = propertyOf(struct, 'typeUrl');
  const value = propertyOf(struct, 'value');
  const descriptor = typeof typeUrl === 'string' ? registry().getMessage(typeNameOf(typeUrl)) : undefined;
  if (descriptor === undefined) return struct;
  const at = (origin ?? new Origin(undefined, '', undefined, undefined)).child('value');
  return readMessage(descriptor, isJsonObject(value) ? asMapping(value) : {}, at, context);
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}

/** A JSON object and a source mapping are the same thing under two names. */
function asMapping(object: JsonObject): SourceValue {
  const value: SourceValue = object;
  return isMapping(value) ? value : {};
}
