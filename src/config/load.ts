/** Owns the way from sources to a checked message: read, merge, inspect, report. */

import { create, type DescMessage, fromBinary, type Message } from '@bufbuild/protobuf';
import { fromText } from '@bufbuild/protobuf/txtpb';
import { errorText } from '../base/error-text.ts';
import type { Bootstrap } from '../generated/envoy/config/bootstrap/v3/bootstrap_pb.d.ts';
import type { DiscoveryResponse } from '../generated/envoy/service/discovery/v3/discovery_pb.d.ts';
import { ConfigContext, type ConfigOptions } from './context.ts';
import { type Diagnostic, hasErrors } from './diagnostics/diagnostic.ts';
import { mergeMessages } from './merge.ts';
import { Origin, originOf, setOrigin } from './origin.ts';
import { readMessage } from './parse/message.ts';
import { messageDescriptor, registry } from './registry.ts';
import { checkBootstrap } from './semantic/bootstrap.ts';
import { loadCelWhereUsed } from './semantic/cel.ts';
import { checkRegularExpressions } from './semantic/regular-expressions.ts';
import { type ConfigSource, SourceDocument } from './source/document.ts';
import { inspect } from './validate/inspect.ts';

export type LoadResult<T> = {
  /** Undefined when there was an error: nothing of a faulty configuration may be put to use. */
  readonly message: T | undefined;
  /** Errors and warnings in the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
};

/**
 * Reads a bootstrap from its sources, laying each over the one before it as Envoy lays --config-yaml over the file, and
 * checks it as Envoy's start would, except for what the units check themselves when they are built.
 */
export async function loadBootstrap(
  sources: readonly ConfigSource[],
  options: ConfigOptions = {},
): Promise<LoadResult<Bootstrap>> {
  return load<Bootstrap>('envoy.config.bootstrap.v3.Bootstrap', sources, options, checkBootstrap);
}

/**
 * Reads one message of any type of the API from a text, e.g. a single Cluster:
 * `await loadMessage<Cluster>('envoy.config.cluster.v3.Cluster', source)`.
 */
export async function loadMessage<T extends Message>(
  typeName: T['$typeName'],
  source: ConfigSource,
  options: ConfigOptions = {},
): Promise<LoadResult<T>> {
  return load<T>(typeName, [source], options, () => undefined);
}

export type DiscoveryResult = LoadResult<DiscoveryResponse> & {
  /** Indexes of resources that must not be put to use; the diagnostics say why. */
  readonly refused: ReadonlySet<number>;
};

/**
 * Reads the file of a path_config_source: a DiscoveryResponse. Its resources are Any messages, to be taken out with
 * `context.unpack`. Unknown fields are ignored by default, as Envoy does with dynamic resources.
 *
 * As in Envoy a text that cannot be read, or breaks the API's rules, is refused whole (no message); a resource that is
 * only not possible (two virtual hosts of one name, an address that is none) is refused alone.
 */
export async function loadDiscoveryResponse(
  source: ConfigSource,
  options: ConfigOptions = {},
): Promise<DiscoveryResult> {
  const lenient: ConfigOptions = { unknownFields: 'ignore', ...options };
  const { merged, diagnostics } = await readChecked<DiscoveryResponse>(
    'envoy.service.discovery.v3.DiscoveryResponse',
    [source],
    lenient,
    () => undefined,
  );
  const refused = new Set<number>();
  let message = merged;
  for (const diagnostic of diagnostics) {
    if (diagnostic.severity !== 'error') continue;
    const index = /^resources\[(\d+)\]/.exec(diagnostic.path)?.[1];
    if (index === undefined || concernsWholeFile(diagnostic)) message = undefined;
    else refused.add(Number(index));
  }
  return { message, diagnostics, refused };
}

/** Envoy checks rules when it decodes the file; those of an extension's configuration when it makes the extension. */
function concernsWholeFile({ code, path }: Diagnostic): boolean {
  if (code.startsWith('RMR01')) return true;
  return (code.startsWith('RMR02') || code === 'RMR0303') && !/\.typed_/.test(path);
}

/**
 * Reads a message that came over the wire. Undefined (and reported to the context) when the bytes are broken or a rule is
 * violated; diagnostics then have paths but no positions.
 */
export function decodeMessage<T extends Message>(
  typeName: T['$typeName'],
  bytes: Uint8Array,
  context: ConfigContext,
): T | undefined {
  const descriptor = messageDescriptor(typeName);
  const origin = new Origin(undefined, '', undefined, undefined);
  let message: Message;
  try {
    message = fromBinary(descriptor, bytes);
  } catch (error) {
    const reason = errorText(error);
    context.report('error', origin, '', 'RMR0113', `The bytes are no ${descriptor.name}: ${reason}`);
    return undefined;
  }
  const errorsBefore = context.errorCount;
  inspect(message, descriptor, origin, context);
  return context.errorCount === errorsBefore && isOfType<T>(message, typeName) ? message : undefined;
}

/** Everything that can be said of a bootstrap without running it: what `remora validate` prints. */
export async function validateConfig(
  sources: readonly ConfigSource[],
  options: ConfigOptions = {},
): Promise<{ readonly diagnostics: readonly Diagnostic[]; readonly valid: boolean }> {
  const { diagnostics } = await loadBootstrap(sources, options);
  return { diagnostics, valid: !hasErrors(diagnostics) };
}

async function load<T extends Message>(
  typeName: T['$typeName'],
  sources: readonly ConfigSource[],
  options: ConfigOptions,
  check: (message: T, context: ConfigContext) => void,
): Promise<LoadResult<T>> {
  const { merged, diagnostics } = await readChecked(typeName, sources, options, check);
  return { message: hasErrors(diagnostics) ? undefined : merged, diagnostics };
}

/** `merged` is there even when it has errors. */
async function readChecked<T extends Message>(
  typeName: T['$typeName'],
  sources: readonly ConfigSource[],
  options: ConfigOptions,
  check: (message: T, context: ConfigContext) => void,
): Promise<{ readonly merged: T | undefined; readonly diagnostics: readonly Diagnostic[] }> {
  const descriptor = messageDescriptor(typeName);
  const context = new ConfigContext(options);
  const documents = sources.map((source) => new SourceDocument(source));
  let merged: Message | undefined;
  for (const [index, document] of documents.entries()) {
    const message = await read(descriptor, document, sources[index]?.bytes, context);
    if (message === undefined) continue;
    if (merged === undefined) merged = message;
    else mergeMessages(merged, message);
  }
  merged ??= sources.length === 0 ? create(descriptor) : undefined;
  let result: T | undefined;
  if (merged !== undefined && isOfType<T>(merged, typeName)) {
    const origin = originOf(merged) ?? new Origin(undefined, '', undefined, undefined);
    inspect(merged, descriptor, origin, context);
    check(merged, context);
    await checkRegularExpressions(context);
    await loadCelWhereUsed(context);
    result = merged;
  }
  const diagnostics = await context.takeDiagnostics();
  for (const document of documents) document.dropPlaces();
  return { merged: result, diagnostics };
}

async function read(
  descriptor: DescMessage,
  document: SourceDocument,
  bytes: Uint8Array | undefined,
  context: ConfigContext,
): Promise<Message | undefined> {
  const origin = new Origin(undefined, '', undefined, document);
  if (document.format === 'binary_proto' || document.format === 'text_proto') {
    return readProtobufForm(descriptor, document, bytes, origin, context);
  }
  const { value, diagnostics } = await document.read();
  for (const diagnostic of diagnostics) context.addDiagnostic(diagnostic);
  if (value === undefined) return undefined;
  if (value === null || typeof value !== 'object') {
    context.report('error', origin, '', 'RMR0111', 'The document holds no mapping');
    return undefined;
  }
  return readMessage(descriptor, value, origin, context);
}

function readProtobufForm(
  descriptor: DescMessage,
  document: SourceDocument,
  bytes: Uint8Array | undefined,
  origin: Origin,
  context: ConfigContext,
): Message | undefined {
  try {
    const message =
      document.format === 'binary_proto'
        ? fromBinary(descriptor, bytes ?? new Uint8Array())
        : fromText(descriptor, document.text, { registry: registry() });
    setOrigin(message, origin);
    return message;
  } catch (error) {
    const reason = errorText(error);
    context.report('error', origin, '', 'RMR0102', `${document.name} is no ${descriptor.name}: ${reason}`);
    return undefined;
  }
}

function isOfType<T extends Message>(message: Message, typeName: T['$typeName']): message is T {
  return message.$typeName === typeName;
}
