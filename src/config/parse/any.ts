/**
 * Owns google.protobuf.Any in text: the message that "@type" names is read at once, so that its errors have positions, and
 * the Any keeps it; bytes are made only when someone asks for them (config_dump). TypedStruct is unwrapped as Envoy does.
 */
import { create, type DescMessage, type Message, toBinary } from '@bufbuild/protobuf';
import { type Any, AnySchema } from '@bufbuild/protobuf/wkt';
import type { ConfigContext } from '../context.ts';
import { nearest } from '../diagnostics/suggest.ts';
import { type Origin, setOrigin } from '../origin.ts';
import { messageDescriptor, registry } from '../registry.ts';
import { describeValue, isMapping, type SourceMapping, type SourceValue } from '../source/value.ts';
import { unavailable } from '../unavailable.ts';
import { isTypedStruct, keepUnpacked, typeNameOf } from '../unpacked.ts';
import { hasJsonFormOfItsOwn } from './well-known.ts';

export { typeNameOf } from '../unpacked.ts';

/** An Any whose bytes are made on demand from the message it holds. Descriptors may come and go (registry.ts). */
class AnyOfMessage {
  readonly $typeName = 'google.protobuf.Any';
  readonly typeUrl: string;
  readonly #message: Message;

  constructor(typeUrl: string, message: Message) {
    this.typeUrl = typeUrl;
    this.#message = message;
  }

  get value(): Uint8Array<ArrayBuffer> {
    return toBinary(messageDescriptor(this.#message.$typeName), this.#message);
  }
}

function packWithMessage(typeUrl: string, message: Message): Any {
  const any: Any = new AnyOfMessage(typeUrl, message);
  keepUnpacked(any, message);
  return any;
}

/** The readers of other messages (parse/message.ts), handed in since the two call each other. */
export type MessageReaders = {
  readMessage(descriptor: DescMessage, value: SourceValue, origin: Origin, context: ConfigContext): Message | undefined;
  readFields(
    descriptor: DescMessage,
    mapping: SourceMapping,
    origin: Origin,
    context: ConfigContext,
    ignored?: string,
  ): Message;
};

export function readAny(
  value: SourceValue,
  origin: Origin,
  context: ConfigContext,
  readers: MessageReaders,
): Any | undefined {
  if (!isMapping(value)) {
    if (value === null) return emptyAny(origin);
    context.report(
      'error',
      origin,
      '',
      'RMR0103',
      `${origin.field} must be a mapping with "@type", not ${describeValue(value)}`,
    );
    return undefined;
  }
  const typeUrl = value['@type'];
  if (typeUrl === undefined) {
    // An Any with nothing in it is well-formed; whether it may stand here is asked when it is unpacked.
    if (Object.keys(value).length === 0) return emptyAny(origin);
    const suggestion = 'add "@type": type.googleapis.com/<the full name of the message>';
    context.report('error', origin, '', 'RMR0110', `${origin.field} has no "@type"`, suggestion);
    return undefined;
  }
  const descriptor = resolveTypeUrl(typeUrl, origin, context);
  if (descriptor === undefined || typeof typeUrl !== 'string') return undefined;
  if (isTypedStruct(descriptor.typeName)) return readTypedStruct(descriptor, typeUrl, value, origin, context, readers);
  const message = hasJsonFormOfItsOwn(descriptor.typeName)
    ? readOwnForm(descriptor, value, origin, context, readers)
    : readers.readFields(descriptor, value, origin, context, '@type');
  if (message === undefined) return undefined;
  const any = packWithMessage(typeUrl, message);
  setOrigin(any, origin);
  return any;
}

function emptyAny(origin: Origin): Any {
  const any = create(AnySchema);
  setOrigin(any, origin);
  return any;
}

/** {"@type": …Duration, "value": "5s"}: types with a JSON form of their own stand under `value`. */
function readOwnForm(
  descriptor: DescMessage,
  mapping: SourceMapping,
  origin: Origin,
  context: ConfigContext,
  readers: MessageReaders,
): Message | undefined {
  for (const key of Object.keys(mapping)) {
    if (key === '@type' || key === 'value') continue;
    const problem = `${descriptor.name} inside an Any stands under "value"`;
    context.report('error', origin.child(key), '', 'RMR0101', problem, undefined, 'key');
  }
  const value = mapping['value'] ?? null;
  const at = origin.child('value');
  // As Envoy: without a value it is the empty message.
  return value === null
    ? readers.readFields(descriptor, {}, at, context)
    : readers.readMessage(descriptor, value, at, context);
}

/** {"@type": …TypedStruct, type_url: …, value: {…}}: the message that type_url names, its fields under `value`. */
function readTypedStruct(
  descriptor: DescMessage,
  typeUrl: string,
  mapping: SourceMapping,
  origin: Origin,
  context: ConfigContext,
  readers: MessageReaders,
): Any {
  const innerUrl = mapping['type_url'] ?? mapping['typeUrl'];
  const inner = typeof innerUrl === 'string' ? registry().getMessage(typeNameOf(innerUrl)) : undefined;
  const content = mapping['value'] ?? {};
  if (inner === undefined || typeof innerUrl !== 'string' || !isMapping(content)) {
    const message = readers.readFields(descriptor, mapping, origin, context, '@type');
    const any = packWithMessage(typeUrl, message);
    setOrigin(any, origin);
    return any;
  }
  const at = origin.child('value');
  const message = readers.readMessage(inner, content, at, context) ?? create(inner);
  const any = packWithMessage(innerUrl, message);
  setOrigin(any, origin);
  return any;
}

function resolveTypeUrl(typeUrl: SourceValue, origin: Origin, context: ConfigContext): DescMessage | undefined {
  const at = origin.child('@type');
  if (typeof typeUrl !== 'string') {
    context.report('error', at, '', 'RMR0103', `"@type" must be a text, not ${describeValue(typeUrl)}`);
    return undefined;
  }
  if (typeUrl.lastIndexOf('/') < 1) {
    const problem = `"@type" must hold a host and a slash before the name`;
    context.report('error', at, '', 'RMR0109', problem, `write type.googleapis.com/${typeUrl.replace('/', '')}`);
    return undefined;
  }
  const name = typeNameOf(typeUrl);
  const descriptor = registry().getMessage(name);
  const why = descriptor === undefined ? unavailable(name) : undefined;
  if (why !== undefined) {
    context.report(
      'error',
      at,
      '',
      'RMR0109',
      `The API has no message ${JSON.stringify(name)}: ${why.reason}`,
      why.advice,
    );
  } else if (descriptor === undefined) {
    const near = nearest(name, registry().topLevelNames());
    const suggestion = near === undefined ? undefined : `did you mean type.googleapis.com/${near}?`;
    context.report('error', at, '', 'RMR0109', `The API has no message ${JSON.stringify(name)}`, suggestion);
  }
  return descriptor;
}
