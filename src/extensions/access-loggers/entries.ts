// Owns the manifest's lines for access loggers.
import type { ExtensionEntry } from '../../config/extension-registry.ts';

// What is logged comes from both sides; it is written, never interpreted.
const common = {
  category: 'envoy.access_loggers',
  status: 'stable',
  securityPosture: 'robust_to_untrusted_downstream_and_upstream',
} as const;

export const accessLoggers: readonly ExtensionEntry[] = [
  {
    ...common,
    name: 'envoy.access_loggers.file',
    typeNames: ['envoy.extensions.access_loggers.file.v3.FileAccessLog'],
    load: () => import('./file/config.ts'),
  },
  {
    ...common,
    name: 'envoy.access_loggers.stdout',
    typeNames: ['envoy.extensions.access_loggers.stream.v3.StdoutAccessLog'],
    load: () => import('./stdout/config.ts'),
  },
  {
    ...common,
    name: 'envoy.access_loggers.stderr',
    typeNames: ['envoy.extensions.access_loggers.stream.v3.StderrAccessLog'],
    load: () => import('./stderr/config.ts'),
  },
];
