// The extension `envoy.filters.network.http_connection_manager`: the terminal network filter for HTTP. The work is
// core's (src/http/connection-manager).
import type { Message } from '@bufbuild/protobuf';
import type { HttpConnectionManager } from '../../../../generated/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.d.ts';
import { connectionManagerFactory } from '../../../../http/connection-manager/api.ts';
import type { NetworkFilterConfigFactory } from '../../../../listener/api.ts';

export const factory: NetworkFilterConfigFactory = {
  terminal: true,
  create: (message: Message, context) => connectionManagerFactory(message as HttpConnectionManager, context),
};
