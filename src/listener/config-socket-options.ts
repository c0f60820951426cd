// Reads what a listener wants set on its sockets by setsockopt: tcp_fast_open_queue_length and socket_options. (`transparent` has a
// road of its own: network/transparent.ts.)
import type { Address } from '../base/address.ts';
import type { SocketOption as SocketOptionMessage } from '../generated/envoy/config/core/v3/socket_option_pb.d.ts';
import type { SocketOption } from '../network/api.ts';

/** linux/tcp.h, the same on every architecture that Node runs on. */
const SOL_TCP = 6;
const TCP_FASTOPEN = 23;

/** SocketIpVersion; 0: any. */
const families: readonly number[] = [0, 4, 6];

/** `fastOpenQueue`: undefined where there is none. */
export function readSocketOptions(
  messages: readonly SocketOptionMessage[],
  fastOpenQueue: number | undefined,
  address: Address,
  udp: boolean,
): readonly SocketOption[] {
  const family = address.kind === 'ip' ? address.family : 0;
  const options: SocketOption[] = [];
  for (const { level, name, value, ipVersion, type } of messages) {
    // What is meant for UDP is not for a listener of TCP, and the other way round.
    if (type !== undefined && (udp ? type.datagram : type.stream) === undefined) continue;
    const only = families[ipVersion] ?? 0;
    if (only !== 0 && only !== family) continue;
    const bytes = value.case === 'bufValue' ? Buffer.from(value.value) : integer(Number(value.value ?? 0));
    options.push({ level: Number(level), name: Number(name), value: bytes });
  }
  if (address.kind === 'ip' && !udp && fastOpenQueue !== undefined)
    options.push({ level: SOL_TCP, name: TCP_FASTOPEN, value: integer(fastOpenQueue) });
  return options;
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value | 0);
  return bytes;
}
