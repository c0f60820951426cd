// The TLS transport socket of listeners (envoy.transport_sockets.tls).
import { readStringMatcher } from '../../../matchers/api.ts';
import type { DownstreamTransportFactory } from '../../../tls/api.ts';
import { readDownstreamTls } from '../../../tls/sockets/api.ts';

export const factory: DownstreamTransportFactory = {
  create: (message, context) => readDownstreamTls(message, context, readStringMatcher),
};
