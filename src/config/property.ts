/** Owns the step from a descriptor to a message: a message is a plain object whose properties its descriptor names. */
import type { Message } from '@bufbuild/protobuf';

export function propertyOf(message: Message, property: string): unknown {
  return Reflect.get(message, property);
}

export function isOneof(value: unknown): value is { case: string | undefined; value?: unknown } {
  return typeof value === 'object' && value !== null && 'case' in value;
}
