// Owns the manifest's lines for extensions of the connection manager itself.
import type { ExtensionEntry } from '../../config/extension-registry.ts';

const common = { status: 'stable', securityPosture: 'robust_to_untrusted_downstream' } as const;

export const httpExtensions: readonly ExtensionEntry[] = [
  {
    ...common,
    name: 'envoy.http.early_header_mutation.header_mutation',
    category: 'envoy.http.early_header_mutation',
    typeNames: ['envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation'],
    load: () => import('./early-header-mutation/header-mutation/config.ts'),
  },
  {
    ...common,
    name: 'envoy.http.original_ip_detection.custom_header',
    category: 'envoy.http.original_ip_detection',
    typeNames: ['envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig'],
    load: () => import('./original-ip-detection/custom-header/config.ts'),
  },
  {
    ...common,
    name: 'envoy.http.original_ip_detection.xff',
    category: 'envoy.http.original_ip_detection',
    typeNames: ['envoy.extensions.http.original_ip_detection.xff.v3.XffConfig'],
    load: () => import('./original-ip-detection/xff/config.ts'),
  },
];
