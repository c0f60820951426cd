// Reads envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector.
import type { Message } from '@bufbuild/protobuf';
import type { TlsInspector } from '../../../../generated/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.d.ts';
import type { ListenerFilterConfigFactory, ListenerFilterFactory } from '../../../../listener/api.ts';
import { clientHelloLimit } from '../../../../tls/api.ts';
import { TlsInspectorFilter, type TlsInspectorSettings } from './filter.ts';
import { tlsInspectorStats } from './stats.ts';

export const factory: ListenerFilterConfigFactory = {
  create(message: Message, { services }): ListenerFilterFactory {
    const inspector = message as TlsInspector;
    const settings: TlsInspectorSettings = {
      stats: tlsInspectorStats(services.stats),
      ja3: inspector.enableJa3Fingerprinting ?? false,
      ja4: inspector.enableJa4Fingerprinting ?? false,
      maxHelloBytes: inspector.maxClientHelloSize ?? clientHelloLimit,
      closeOnErrors: inspector.closeConnectionOnClientHelloParsingErrors,
    };
    return { createFilter: () => new TlsInspectorFilter(settings) };
  },
};
