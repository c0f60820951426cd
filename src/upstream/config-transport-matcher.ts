// Turns `transport_socket_matcher` into a tree over an endpoint's metadata and its locality's, whose answers are names among
// `transport_socket_matches`.
import type { Message } from '@bufbuild/protobuf';
import type { Runtime } from '../base/runtime.ts';
import type { ConfigContext } from '../config/context.ts';
import type { Cluster } from '../generated/envoy/config/cluster/v3/cluster_pb.d.ts';
import type {
  EndpointMetadataInput,
  LocalityMetadataInput,
  TransportSocketNameAction,
} from '../generated/envoy/extensions/matching/common_inputs/transport_socket/v3/transport_socket_inputs_pb.d.ts';
import { type DataInput, type MatchNode, readMatchTree, TreeUser } from '../matchers/api.ts';
import type { StatsScope } from '../observability/stats/api.ts';
import type { HostLabels, Metadata, TransportMatcherConfig } from './cluster-config.ts';
import { metadataValueText } from './metadata-match.ts';

const inputs = 'envoy.extensions.matching.common_inputs.transport_socket.v3';

interface MatcherServices {
  readonly context: ConfigContext;
  readonly runtime: Runtime;
  readonly stats: StatsScope;
}

/** Null where there is none; undefined after errors were reported. */
export function readTransportMatcher(
  cluster: Cluster,
  services: MatcherServices,
): TransportMatcherConfig | null | undefined {
  const message = cluster.transportSocketMatcher;
  if (message === undefined) return null;
  const names = new Set(cluster.transportSocketMatches.map(({ name }) => name));
  const tree: MatchNode<HostLabels, string> | undefined = readMatchTree(
    message,
    new SocketTree(names, services),
    services.context,
  );
  return tree === undefined ? undefined : { tree, message };
}

class SocketTree extends TreeUser<HostLabels, string> {
  readonly code = 'RMR0306';
  readonly #names: ReadonlySet<string>;

  constructor(names: ReadonlySet<string>, services: MatcherServices) {
    super(services, services.context);
    this.#names = names;
  }

  action(message: Message): string | undefined {
    if (message.$typeName !== `${inputs}.TransportSocketNameAction`)
      return this.refuse(message, `${message.$typeName} does not name a transport socket`);
    const { name } = message as TransportSocketNameAction;
    if (this.#names.has(name)) return name;
    this.context.error(message, 'name', this.code, `there is no '${name}' among transport_socket_matches`);
    return undefined;
  }

  input(message: Message): DataInput<HostLabels> | undefined {
    if (message.$typeName === `${inputs}.EndpointMetadataInput`) {
      const { filter, path } = message as EndpointMetadataInput;
      return new MetadataText(
        'metadata',
        filter,
        path.map(({ segment }) => segment.value ?? ''),
      );
    }
    if (message.$typeName === `${inputs}.LocalityMetadataInput`) {
      const { filter, path } = message as LocalityMetadataInput;
      return new MetadataText(
        'localityMetadata',
        filter,
        path.map(({ segment }) => segment.value ?? ''),
      );
    }
    const text = `${message.$typeName} cannot be read here: the socket is chosen for the endpoint, not for the request`;
    return this.refuse(message, text);
  }
}

/** The text of a value of metadata. */
class MetadataText implements TextInputOf<HostLabels> {
  readonly kind = 'text';
  readonly #from: keyof HostLabels;
  readonly #filter: string;
  readonly #path: readonly string[];

  constructor(from: keyof HostLabels, filter: string, path: readonly string[]) {
    this.#from = from;
    // The namespace of labels, where none is named.
    this.#filter = filter === '' ? 'envoy.lb' : filter;
    this.#path = path;
  }

  value(labels: HostLabels): string | null {
    let value: unknown = (labels[this.#from] as Metadata)[this.#filter];
    for (const step of this.#path) {
      if (typeof value !== 'object' || value === null) return null;
      value = (value as Readonly<Record<string, unknown>>)[step];
    }
    if (value === undefined || value === null) return null;
    return typeof value === 'string' ? value : metadataValueText(value);
  }
}

type TextInputOf<Data> = Extract<DataInput<Data>, { readonly kind: 'text' }>;
