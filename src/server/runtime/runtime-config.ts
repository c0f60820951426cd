// Owns reading layered_runtime: the layers in their order; of one key the last layer counts.
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ConfigContext } from '../../config/api.ts';
import type { Bootstrap, RuntimeLayer } from '../../generated/envoy/config/bootstrap/v3/bootstrap_pb.d.ts';
import { type EntryValue, isLeaf, type RuntimeEntry, runtimeEntry } from './entry.ts';

export type RuntimeLayerConfig =
  | { readonly kind: 'static'; readonly name: string; readonly entries: ReadonlyMap<string, RuntimeEntry> }
  /** `root` is what is watched, `folder` what is read. */
  | { readonly kind: 'disk'; readonly name: string; readonly root: string; readonly folder: string }
  | { readonly kind: 'admin'; readonly name: string }
  /** From a management server; empty until then. */
  | { readonly kind: 'rtds'; readonly name: string };

export function readRuntimeLayers(
  message: Bootstrap,
  serviceCluster: string,
  context: ConfigContext,
): readonly RuntimeLayerConfig[] {
  return (message.layeredRuntime?.layers ?? []).map((layer) => readLayer(layer, serviceCluster, context));
}

function readLayer(layer: RuntimeLayer, serviceCluster: string, context: ConfigContext): RuntimeLayerConfig {
  const { name, layerSpecifier } = layer;
  switch (layerSpecifier.case) {
    case 'staticLayer': {
      const entries = new Map<string, RuntimeEntry>();
      const refuse = (key: string): void =>
        context.error(
          layer,
          'static_layer',
          'RMR0900',
          `The value of ${key} is neither a number, a boolean, a text nor a fraction`,
        );
      collect('', layerSpecifier.value as EntryValue, entries, refuse);
      return { kind: 'static', name, entries };
    }
    case 'diskLayer': {
      const { symlinkRoot: root, subdirectory, appendServiceCluster } = layerSpecifier.value;
      if (root === '') {
        context.error(
          layerSpecifier.value,
          'symlink_root',
          'RMR0900',
          'A disk layer needs the symlink_root it is read from',
        );
      } else if (statSync(dirname(root), { throwIfNoEntry: false }) === undefined) {
        const words = `The folder of ${root} does not exist: it is where the change of the link is watched`;
        context.error(layerSpecifier.value, 'symlink_root', 'RMR0900', words);
      }
      return { kind: 'disk', name, root, folder: join(root, subdirectory, appendServiceCluster ? serviceCluster : '') };
    }
    case 'adminLayer':
      return { kind: 'admin', name };
    default:
      return { kind: 'rtds', name };
  }
}

/** Whole dotted keys or nested structs. */
function collect(
  prefix: string,
  value: EntryValue,
  into: Map<string, RuntimeEntry>,
  refuse: (key: string) => void,
): void {
  if (value === null || Array.isArray(value)) {
    refuse(prefix);
  } else if (typeof value !== 'object' || (prefix !== '' && isLeaf(value))) {
    into.set(prefix, runtimeEntry(value));
  } else {
    for (const [key, inner] of Object.entries(value))
      collect(prefix === '' ? key : `${prefix}.${key}`, inner, into, refuse);
  }
}
