// covers: envoy.config.listener.v3.Listener.{socket_options, tcp_fast_open_queue_length}
// covers: envoy.config.core.v3.SocketOption.{level, name, int_value, buf_value, ip_version, type}
// covers: envoy.config.core.v3.SocketOption.SocketType.{stream, datagram}
import { create } from '@bufbuild/protobuf';
import t from 'tap';
import { ipAddress } from '../../../src/base/address.ts';
import { messageDescriptor } from '../../../src/config/api.ts';
import type { SocketOption } from '../../../src/generated/envoy/config/core/v3/socket_option_pb.d.ts';
import { readSocketOptions } from '../../../src/listener/config-socket-options.ts';
import { listen } from '../../../src/network/listen-socket.ts';

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const here = ipAddress('127.0.0.1', 0);
const socket = { backlog: 8, reusePort: false, ipv4Compat: false, noDelay: false, address: here };

const message = 'envoy.config.core.v3.SocketOption';

function read(fields: readonly Record<string, unknown>[], text: string, udp = false, queue?: number): string[] {
  const descriptor = messageDescriptor(message);
  if (descriptor === undefined) throw new Error('no descriptor');
  const messages = fields.map((one) => create(descriptor, one) as SocketOption);
  const options = readSocketOptions(messages, queue, ipAddress(text, 1), udp);
  return options.map(({ level, name, value }) => `${level}/${name}=${value.toString('hex')}`);
}

t.test('what is set on which socket', (t) => {
  const fields = [
    { level: 1n, name: 8n, value: { case: 'intValue', value: 4096n } },
    { level: 1n, name: 5n, value: { case: 'bufValue', value: new Uint8Array([1, 2]) }, ipVersion: 2 },
    { level: 1n, name: 6n, value: { case: 'intValue', value: 1n }, type: { datagram: {} } },
    { level: 1n, name: 7n, value: { case: 'intValue', value: 1n }, type: { stream: {} } },
  ];
  t.same(read(fields, '127.0.0.1', false, 7), ['1/8=00100000', '1/7=01000000', '6/23=07000000']);
  t.same(read(fields, '::1', false, 7), ['1/8=00100000', '1/5=0102', '1/7=01000000', '6/23=07000000']);
  t.same(read(fields, '127.0.0.1', true, 7), ['1/8=00100000', '1/6=01000000']);
  t.same(read([], '127.0.0.1'), []);
  t.end();
});

t.test('the kernel takes them, or the listener says why it does not start', async (t) => {
  const value = Buffer.alloc(4);
  value.writeInt32LE(65_536);
  const bound = await listen({ ...socket, socketOptions: [{ level: SOL_SOCKET, name: SO_RCVBUF, value }] }, () => {});
  await bound.close();
  const wrong = { level: 77, name: 77, value };
  await t.rejects(
    listen({ ...socket, socketOptions: [wrong] }, () => {}),
    { message: /the system refuses the socket option \(level 77, name 77\)/ },
  );
});
