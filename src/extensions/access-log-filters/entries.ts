// Owns the manifest's lines for filters of access logs that are extensions.
import type { ExtensionEntry } from '../../config/extension-registry.ts';

export const accessLogFilters: readonly ExtensionEntry[] = [
  {
    name: 'envoy.access_loggers.extension_filters.cel',
    category: 'envoy.access_loggers.extension_filters',
    status: 'stable',
    securityPosture: 'unknown',
    typeNames: ['envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter'],
    load: () => import('./cel/config.ts'),
  },
];
