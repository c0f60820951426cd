// Reads cluster specifier plugins: what chooses a route's cluster by the request. One is there: a matcher tree.
import type { Message } from '@bufbuild/protobuf';
import type { ClusterSpecifierPlugin } from '../../generated/envoy/config/route/v3/route_components_pb.d.ts';
import type {
  ClusterAction,
  MatcherClusterSpecifier,
} from '../../generated/envoy/extensions/router/cluster_specifiers/matcher/v3/matcher_pb.d.ts';
import { readMatchTree, TreeUser } from '../../matchers/tree/config.ts';
import { requestInput } from '../../matchers/tree/config-inputs.ts';
import type { RequestData } from '../../matchers/tree/inputs.ts';
import type { DataInput } from '../../matchers/tree/match-tree.ts';
import type { ClusterHandle } from '../../upstream/api.ts';
import { type ClusterSelector, TreeCluster } from '../route-table/cluster-selector.ts';
import type { RouteBuild } from './context.ts';

const specifiers = 'envoy.extensions.router.cluster_specifiers.';
const matcherType = `${specifiers}matcher.v3.MatcherClusterSpecifier`;
const actionType = `${specifiers}matcher.v3.ClusterAction`;

/** Why the others are not there. */
const missing: Readonly<Record<string, string>> = {
  lua: 'there is no script engine here',
  dynamic_modules: 'modules made for Envoy cannot be loaded here',
  priority_group: 'groups of clusters are not implemented yet',
};

/** Null: an optional one of a kind that nobody knows. As in Envoy, routes that name it are left out. */
export type ClusterSpecifier = ClusterSelector | null;

/** RouteConfiguration.cluster_specifier_plugins, by name. */
export function readClusterSpecifiers(
  messages: readonly ClusterSpecifierPlugin[],
  build: RouteBuild,
): ReadonlyMap<string, ClusterSpecifier | undefined> {
  const plugins = new Map<string, ClusterSpecifier | undefined>();
  for (const message of messages) {
    const name = message.extension?.name ?? '';
    if (plugins.has(name)) {
      const text = `Another cluster specifier plugin is called ${JSON.stringify(name)} as well`;
      // As Envoy, which takes the first.
      build.config.warning(message.extension ?? message, message.extension ? 'name' : '', 'RMR0605', text);
    }
    const plugin = readClusterSpecifier(message, build);
    if (!plugins.has(name)) plugins.set(name, plugin);
  }
  return plugins;
}

/** Undefined when an error was reported. */
export function readClusterSpecifier(
  { extension, isOptional }: ClusterSpecifierPlugin,
  build: RouteBuild,
): ClusterSpecifier | undefined {
  const { config } = build;
  // Required by the API's own rules.
  if (extension?.typedConfig === undefined) return undefined;
  const message = config.unpack(extension.typedConfig);
  if (message === undefined) return undefined;
  const type = message.$typeName;
  if (type === matcherType) return readTree(message as MatcherClusterSpecifier, build);
  if (type.startsWith(specifiers)) {
    const kind = type.slice(specifiers.length).split('.')[0] ?? '';
    const text = `The cluster specifier plugin ${type} is not implemented`;
    const hint = `${missing[kind] ?? 'it is not known here'}; ${matcherType} is, as are cluster_header and weighted_clusters`;
    config.error(extension.typedConfig, '', 'RMR0304', text, hint);
    return undefined;
  }
  const text = `${type} is no cluster specifier plugin`;
  if (!isOptional) {
    config.error(extension.typedConfig, '', 'RMR0304', text, `${matcherType} is one`);
    return undefined;
  }
  config.warning(extension.typedConfig, '', 'RMR0307', `${text}: as it is optional, routes that use it are left out`);
  return null;
}

function readTree(message: MatcherClusterSpecifier, build: RouteBuild): ClusterSelector | undefined {
  const tree = message.clusterMatcher && readMatchTree(message.clusterMatcher, new ClusterTree(build), build.config);
  return tree && new TreeCluster(tree);
}

class ClusterTree extends TreeUser<RequestData, ClusterHandle> {
  readonly code = 'RMR0600';
  readonly #build: RouteBuild;

  constructor(build: RouteBuild) {
    super(build, build.config);
    this.#build = build;
  }

  /** As Envoy, the cluster need not be there yet, whatever validate_clusters says. */
  action(message: Message): ClusterHandle | undefined {
    if (message.$typeName === actionType) return this.#build.clusters.handle((message as ClusterAction).cluster);
    const text = `${message.$typeName} is no action of a cluster specifier's matcher: ${actionType} is`;
    return this.refuse(message, text);
  }

  input(message: Message): DataInput<RequestData> | undefined {
    const input = requestInput(message);
    if (input === undefined) {
      const text = `${message.$typeName} cannot be asked for a cluster`;
      this.#build.config.error(
        message,
        '',
        'RMR0304',
        text,
        'request headers, filter state and what is known of the connection can',
      );
    }
    return input;
  }
}
