// Owns the manifest's lines for listener filters.
import type { ExtensionEntry } from '../../../config/extension-registry.ts';

export const listenerFilters: readonly ExtensionEntry[] = [];
