// Owns the way from forward_client_cert_details, set_current_client_cert_details and forward_client_cert_matcher to what
// becomes of x-forwarded-client-cert.
import type { Message } from '@bufbuild/protobuf';
import type { Runtime } from '../../base/runtime.ts';
import type { ConfigContext } from '../../config/api.ts';
import type {
  HttpConnectionManager,
  HttpConnectionManager_ForwardClientCertConfig,
} from '../../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts';
import { readMatchTree, TreeUser } from '../../matchers/tree/config.ts';
import { httpInput } from '../../matchers/tree/config-request-inputs.ts';
import type { RequestData } from '../../matchers/tree/inputs.ts';
import type { DataInput } from '../../matchers/tree/match-tree.ts';
import type { StatsScope } from '../../observability/stats/api.ts';
import type { ClientCertDetails, ClientCertForwarding, ClientCertMode, ClientCertSettings } from './client-cert.ts';

type Fields = Pick<
  HttpConnectionManager_ForwardClientCertConfig,
  'forwardClientCertDetails' | 'setCurrentClientCertDetails'
>;

/** By ForwardClientCertDetails. */
const modes: readonly ClientCertMode[] = [
  'sanitize',
  'forward_only',
  'append_forward',
  'sanitize_set',
  'always_forward_only',
];
const json = 1;

interface Services {
  readonly runtime: Runtime;
  /** Root of all statistics. */
  readonly stats: StatsScope;
}

/** What is wrong with the tree is reported to `context`. */
export function readClientCert(
  message: HttpConnectionManager,
  services: Services,
  context: ConfigContext,
): ClientCertSettings {
  const standard = readForwarding(message);
  const { forwardClientCertMatcher } = message;
  const tree =
    forwardClientCertMatcher && readMatchTree(forwardClientCertMatcher, new ClientCertTree(services, context), context);
  return {
    standard,
    tree: tree ?? null,
    neverSets: tree === undefined && standard.mode !== 'append_forward' && standard.mode !== 'sanitize_set',
  };
}

function readForwarding({ forwardClientCertDetails, setCurrentClientCertDetails: set }: Fields): ClientCertForwarding {
  const details: ClientCertDetails = {
    cert: set?.cert ?? false,
    chain: set?.chain ?? false,
    subject: set?.subject ?? false,
    uri: set?.uri ?? false,
    dns: set?.dns ?? false,
    issuer: set?.issuer ?? false,
    json: set?.format === json,
  };
  return { mode: modes[forwardClientCertDetails] ?? 'sanitize', details };
}

const actionType =
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertConfig';

class ClientCertTree extends TreeUser<RequestData, ClientCertForwarding> {
  readonly code = 'RMR0701';

  action(message: Message): ClientCertForwarding | undefined {
    if (message.$typeName === actionType) {
      return readForwarding(message as HttpConnectionManager_ForwardClientCertConfig);
    }
    const text = `${message.$typeName} is no action of forward_client_cert_matcher: ${actionType} is`;
    return this.refuse(message, text);
  }

  input(message: Message): DataInput<RequestData> | undefined {
    const text = `forward_client_cert_matcher cannot look at ${message.$typeName}`;
    return httpInput(message) ?? this.refuse(message, text);
  }
}
