// The TLS transport socket of clusters (envoy.transport_sockets.tls).
import { readStringMatcher } from '../../../matchers/api.ts';
import type { UpstreamTransportFactory } from '../../../tls/api.ts';
import { readUpstreamTls } from '../../../tls/sockets/api.ts';

export const factory: UpstreamTransportFactory = {
  create: (message, context) => readUpstreamTls(message, context, readStringMatcher),
};
