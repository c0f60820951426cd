/** Owns what is known of an Any without decoding it: its type, and the message it holds once someone has read it. */
import type { Message } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { propertyOf } from './property.ts';

const unpackedMessages = new WeakMap<Any, Message>();

/** Remembers what an Any holds. */
export function keepUnpacked(any: Any, message: Message): void {
  unpackedMessages.set(any, message);
}

/** What the Any holds, when that is known already. */
export function alreadyUnpacked(any: Any): Message | undefined {
  return unpackedMessages.get(any);
}

/** `type.googleapis.com/envoy.x.Y` to `envoy.x.Y`. */
export function typeNameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
}

export function isTypedStruct(typeName: string): boolean {
  return typeName === 'xds.type.v3.TypedStruct' || typeName === 'udpa.type.v1.TypedStruct';
}

/** The type an Any holds, through a TypedStruct too. */
export function heldTypeName(any: Any): string {
  const message = alreadyUnpacked(any);
  if (message === undefined) return typeNameOf(any.typeUrl);
  if (!isTypedStruct(message.$typeName)) return message.$typeName;
  const inner = propertyOf(message, 'typeUrl');
  return typeof inner === 'string' ? typeNameOf(inner) : message.$typeName;
}

/** What to do about an extension without configuration. */
export const typedConfigHint = 'add typed_config with "@type": type.googleapis.com/<the full name of the message>';
