// Extensions that are not to be expected are refused with the reason and what serves instead.
import t from 'tap';
import { loadBootstrap } from '../../../src/config/api.ts';
import { unavailable, unavailableExtensions } from '../../../src/config/unavailable.ts';

async function errorsOf(
  filter: string,
  transportSocket = '',
): Promise<readonly { message: string; suggestion?: string }[]> {
  const text = `
static_resources:
  listeners:
    - name: l
      address: { socket_address: { address: 127.0.0.1, port_value: 9999 } }
      filter_chains:
        - filters: [{ name: f, typed_config: { "@type": "type.googleapis.com/${filter}" } }]
${transportSocket === '' ? '' : `          transport_socket: { name: s, typed_config: { "@type": "type.googleapis.com/${transportSocket}" } }`}
`;
  const { diagnostics } = await loadBootstrap([{ name: 'input.yaml', format: 'yaml', text }], {
    knownExtensions: new Set(['envoy.extensions.filters.network.echo.v3.Echo']),
  });
  return diagnostics as readonly { message: string; suggestion?: string }[];
}

const network = 'envoy.extensions.filters.network';

t.test('protocols that are not read', async (t) => {
  for (const type of [
    'redis_proxy.v3.RedisProxy',
    'zookeeper_proxy.v3.ZooKeeperProxy',
    'thrift_proxy.v3.ThriftProxy',
  ]) {
    const errors = await errorsOf(`${network}.${type}`);
    t.ok(
      errors.some(({ message }) => /Remora does not read/.test(message)),
      type,
    );
  }
});

t.test('what the API of Envoy itself does not have', async (t) => {
  for (const type of [
    'kafka_broker.v3.KafkaBroker',
    'mysql_proxy.v3.MySQLProxy',
    'postgres_proxy.v3alpha.PostgresProxy',
  ]) {
    const errors = await errorsOf(`${network}.${type}`);
    t.ok(
      errors.some(({ message }) => /contrib image only/.test(message)),
      type,
    );
  }
});

t.test('transport sockets that would not do what is asked for', async (t) => {
  const starttls = 'envoy.extensions.transport_sockets.starttls.v3.StartTlsConfig';
  const errors = await errorsOf(`${network}.echo.v3.Echo`, starttls);
  t.ok(errors.some(({ message }) => /stay in clear text/.test(message)));
});

t.test('every line says why and what to do', async (t) => {
  for (const [beginning, { reason, advice }] of unavailableExtensions) {
    t.ok(reason.length > 0 && advice.length > 0, beginning);
    t.ok(unavailable(`${beginning}v3.Any`) !== undefined);
  }
  t.equal(unavailable('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'), undefined);
});
