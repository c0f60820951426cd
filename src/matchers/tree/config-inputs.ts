// Owns how the inputs of matcher trees are read, in sets: what there is of any connection, and what there is of a request. A
// place offers one of the sets, or a part of it (TreeUser.input).
import type { Message } from '@bufbuild/protobuf';
import type { Config as EnvironmentVariable } from '../../generated/envoy/extensions/matching/common_inputs/environment_variable/v3/input_pb.d.ts';
import type {
  DynamicMetadataInput as DynamicMetadataMessage,
  FilterStateInput as FilterStateMessage,
} from '../../generated/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.d.ts';
import type { HttpRequestHeaderMatchInput } from '../../generated/envoy/type/matcher/v3/http_inputs_pb.d.ts';
import { pinnedName } from '../../http/headers/name.ts';
import { toByteString } from '../byte-string.ts';
import {
  addressOf,
  type ConnectionData,
  DynamicMetadataInput,
  FilterStateInput,
  FixedInput,
  IpInput,
  namesOf,
  PeerCertificateInput,
  PortInput,
  RequestAttributesInput,
  type RequestData,
  RequestHeaderInput,
  ServerNameInput,
} from './inputs.ts';
import type { DataInput } from './match-tree.ts';

/** Undefined, without a report, for messages that are no input of a connection. */
export function connectionInput(message: Message): DataInput<ConnectionData> | undefined {
  switch (message.$typeName) {
    case 'envoy.extensions.matching.common_inputs.network.v3.DestinationIPInput':
      return new IpInput(addressOf.destination);
    case 'envoy.extensions.matching.common_inputs.network.v3.DestinationPortInput':
      return new PortInput(addressOf.destination);
    case 'envoy.extensions.matching.common_inputs.network.v3.SourceIPInput':
      return new IpInput(addressOf.source);
    case 'envoy.extensions.matching.common_inputs.network.v3.SourcePortInput':
      return new PortInput(addressOf.source);
    case 'envoy.extensions.matching.common_inputs.network.v3.DirectSourceIPInput':
      return new IpInput(addressOf.directSource);
    case 'envoy.extensions.matching.common_inputs.network.v3.ServerNameInput':
      return new ServerNameInput();
    case 'envoy.extensions.matching.common_inputs.network.v3.NetworkNamespaceInput':
      // Listeners cannot be put into network namespaces (the table of coverage refuses it).
      return new FixedInput(null);
    case 'envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput': {
      const { filter, path } = message as DynamicMetadataMessage;
      return new DynamicMetadataInput(
        filter,
        path.map(({ segment }) => segment.value ?? ''),
      );
    }
    case 'envoy.extensions.matching.common_inputs.ssl.v3.UriSanInput':
      return new PeerCertificateInput(namesOf.uris);
    case 'envoy.extensions.matching.common_inputs.ssl.v3.DnsSanInput':
      return new PeerCertificateInput(namesOf.dns);
    case 'envoy.extensions.matching.common_inputs.ssl.v3.SubjectInput':
      return new PeerCertificateInput(namesOf.subject);
    case 'envoy.extensions.matching.common_inputs.network.v3.FilterStateInput':
    case 'envoy.extensions.matching.common_inputs.environment_variable.v3.Config':
      return commonInput(message);
    default:
      return undefined;
  }
}

/** The same for requests, which have all of their connection's inputs. */
export function requestInput(message: Message): DataInput<RequestData> | undefined {
  if (message.$typeName === 'xds.type.matcher.v3.HttpAttributesCelMatchInput') return new RequestAttributesInput();
  return requestHeaderInput(message) ?? connectionInput(message);
}

/** Routes take no more than these, in Envoy too. */
export function routeInput(message: Message): DataInput<RequestData> | undefined {
  return requestHeaderInput(message) ?? commonInput(message);
}

function requestHeaderInput(message: Message): DataInput<RequestData> | undefined {
  if (message.$typeName !== 'envoy.type.matcher.v3.HttpRequestHeaderMatchInput') return undefined;
  return new RequestHeaderInput(pinnedName((message as HttpRequestHeaderMatchInput).headerName.toLowerCase()));
}

function commonInput(message: Message): DataInput<ConnectionData> | undefined {
  switch (message.$typeName) {
    case 'envoy.extensions.matching.common_inputs.network.v3.FilterStateInput': {
      const { key, field } = message as FilterStateMessage;
      return new FilterStateInput(key, field);
    }
    case 'envoy.extensions.matching.common_inputs.environment_variable.v3.Config': {
      const value = process.env[(message as EnvironmentVariable).name];
      return new FixedInput(value === undefined ? null : toByteString(value));
    }
    default:
      return undefined;
  }
}
