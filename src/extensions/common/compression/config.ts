// Reads which library a filter is to use.
import type { ConfigContext } from '../../../config/api.ts';
import type { ExtensionCategory, ExtensionRegistry } from '../../../config/extension-registry.ts';
import type { TypedExtensionConfig } from '../../../generated/envoy/config/core/v3/extension_pb.d.ts';
import type { BodyStream, LibraryFactory } from './library.ts';

const nothing = Buffer.alloc(0);

/** Undefined after an error was reported; that the field is set is one of the API's own rules. */
export function readLibrary<Library extends { createStream(head: Buffer, onWrongChecksum: () => void): BodyStream }>(
  message: TypedExtensionConfig | undefined,
  category: ExtensionCategory<LibraryFactory<Library>>,
  config: ConfigContext,
  extensions: ExtensionRegistry,
): Library | undefined {
  const unpacked = message?.typedConfig && config.unpack(message.typedConfig);
  if (message === undefined || unpacked === undefined) return undefined;
  const factory = extensions.get(category, unpacked.$typeName);
  if (factory === undefined) {
    const text = `${unpacked.$typeName} is no implemented extension of ${category.name}`;
    config.error(message, 'typed_config', 'RMR0304', text);
    return undefined;
  }
  const library = factory.create(unpacked, config);
  try {
    // What the library does not accept is to be said now, not with each request.
    library?.createStream(nothing, () => {}).destroy();
  } catch (error) {
    config.error(unpacked, '', 'RMR0700', `The compression library refuses its options: ${(error as Error).message}`);
    return undefined;
  }
  return library;
}
