// Loads the native calls that connecting from a client's address needs, when a configuration first names a filter for it.
import type { Message } from '@bufbuild/protobuf';
import { FfiMissing, type NativeCalls, nativeCalls } from '../../../base/ffi.ts';
import type { ConfigContext } from '../../../config/api.ts';
import { ClientSources } from './source.ts';

const native: NativeCalls | FfiMissing = await nativeCalls().catch((error: unknown) => {
  if (error instanceof FfiMissing) return error;
  throw error;
});

/** Undefined after an error was reported. */
export function clientSources(message: Message, mark: number, config: ConfigContext): ClientSources | undefined {
  if (!(native instanceof FfiMissing)) return new ClientSources(native, mark);
  config.error(message, '', 'RMR0700', `nobody can connect from a client's address here: ${native.message}`);
  return undefined;
}
