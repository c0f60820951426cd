// Reads what a listener wants set on its sockets by setsockopt: tcp_fast_open_queue_length and socket_options. (`transparent` has a
// road of its own: network/transparent.ts.)
import type { Address } from '../base/address.ts';
import type { Listener } from '../generated/envoy/config/listener/v3/listener_pb.d.ts';
import type { SocketOption } from '../network/api.ts';

/** linux/tcp.h, the same on every architecture that Node runs on. */
const SOL_TCP = 6;
const TCP_FASTOPEN = 23;

/** SocketIpVersion; 0: any. */
const families: readonly number[] = [0, 4, 6];

export function readSocketOptions(message: Listener, udp: boolean): (address: Address) => readonly SocketOption[] {
  const { tcpFastOpenQueueLength } = message;
  const ofAll = message.socketOptions.map(({ level, name, value, ipVersion, type }) => ({
    level: Number(level),
    name: Number(name),
    value: value.case === 'bufValue' ? Buffer.from(value.value) : integer(Number(value.value ?? 0)),
    family: families[ipVersion] ?? 0,
    // What is meant for UDP is not for a listener of TCP, and the other way round.
    fits: type === undefined || (udp ? type.datagram : type.stream) !== undefined,
  }));
  return (address) => {
    const family = address.kind === 'ip' ? address.family : 0;
    const options: SocketOption[] = ofAll.filter((one) => one.fits && (one.family === 0 || one.family === family));
    if (address.kind !== 'ip' || udp) return options;
    if (tcpFastOpenQueueLength !== undefined) {
      options.push({ level: SOL_TCP, name: TCP_FASTOPEN, value: integer(tcpFastOpenQueueLength) });
    }
    return options;
  };
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value | 0);
  return bytes;
}
