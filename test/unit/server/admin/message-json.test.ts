import { type Message, toBinary } from '@bufbuild/protobuf';
import { AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import t from 'tap';
import { ConfigContext, loadBootstrap, messageDescriptor, registry } from '../../../../src/config/api.ts';
import { messageJson, messageJsonWithType } from '../../../../src/server/admin/message-json.ts';

async function read(text: string): Promise<Message> {
  const { message } = await loadBootstrap([{ name: 'test.yaml', format: 'yaml', text }], { skipCoverage: true });
  if (message === undefined) throw new Error('refused');
  return message;
}

const cluster = `
static_resources:
  clusters:
    - name: one
      type: static
      connect_timeout: 1.5s
      per_connection_buffer_limit_bytes: 7
      lb_policy: LEAST_REQUEST
      least_request_lb_config: { slow_start_config: { aggression: { default_value: 0.1, runtime_key: k } } }
      outlier_detection: { consecutive_5xx: 0 }
      upstream_connection_options: { tcp_keepalive: {} }
      metadata: { filter_metadata: { a.b: { n: 1, list: [true, null] } } }
      transport_socket:
        name: tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
          sni: x
          common_tls_context:
            tls_certificates:
              - { private_key: { inline_string: secret }, certificate_chain: { inline_string: public } }
`;

t.test('the form that Envoy prints', async (t) => {
  const json = messageJson(await read(cluster)) as { static_resources: { clusters: Record<string, unknown>[] } };
  const [one] = json.static_resources.clusters;
  t.match(one, {
    name: 'one',
    connect_timeout: '1.500s',
    per_connection_buffer_limit_bytes: 7,
    lb_policy: 'LEAST_REQUEST',
    outlier_detection: { consecutive_5xx: 0 },
    upstream_connection_options: { tcp_keepalive: {} },
    metadata: { filter_metadata: { 'a.b': { n: 1, list: [true, null] } } },
  });
  t.same(one?.['least_request_lb_config'], {
    slow_start_config: { aggression: { default_value: 0.1, runtime_key: 'k' } },
  });
  t.same(one?.['transport_socket'], {
    name: 'tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      common_tls_context: {
        tls_certificates: [
          { certificate_chain: { inline_string: 'public' }, private_key: { inline_string: '[redacted]' } },
        ],
      },
      sni: 'x',
    },
  });
});

t.test('the form agrees with protobuf’s own where nothing is hidden', async (t) => {
  const { toJson } = await import('@bufbuild/protobuf');
  const message = await read(cluster.slice(0, cluster.indexOf('      transport_socket')));
  const descriptor = messageDescriptor(message.$typeName);
  t.same(messageJson(message), toJson(descriptor, message, { useProtoFieldName: true, registry: registry() }));
});

t.test('Any: of a type that nobody knows stays bytes, one from the wire is opened', (t) => {
  const address = messageDescriptor('envoy.config.core.v3.Pipe');
  const pipe = { $typeName: 'envoy.config.core.v3.Pipe' as const, path: '/x', mode: 0 };
  const known = anyPack(address, pipe);
  const unknown = { ...known, typeUrl: 'type.googleapis.com/nobody.knows.This' };
  const context = new ConfigContext();
  t.equal(context.failed, false);
  t.same(messageJsonWithType(known), {
    '@type': 'type.googleapis.com/google.protobuf.Any',
    type_url: 'type.googleapis.com/envoy.config.core.v3.Pipe',
    value: Buffer.from(toBinary(address, pipe)).toString('base64'),
  });
  const response = messageDescriptor('envoy.service.discovery.v3.DiscoveryResponse');
  const message = {
    $typeName: 'envoy.service.discovery.v3.DiscoveryResponse' as const,
    versionInfo: '1',
    resources: [known, unknown],
    canary: false,
    typeUrl: '',
    nonce: '',
    resourceErrors: [],
  };
  t.equal(response.typeName, message.$typeName);
  t.same(messageJson(message), {
    version_info: '1',
    resources: [
      { '@type': known.typeUrl, path: '/x' },
      { '@type': unknown.typeUrl, value: Buffer.from(known.value).toString('base64') },
    ],
  });
  t.equal(AnySchema.typeName, 'google.protobuf.Any');
  t.end();
});
