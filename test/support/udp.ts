// UDP peers for tests, and the configuration of a proxy for datagrams.
import { createSocket, type Socket } from 'node:dgram';
import type { Test } from 'tap';
import type { Json } from './bootstrap.ts';
import { until } from './until.ts';

const types = 'type.googleapis.com/envoy.extensions.filters.udp.udp_proxy.v3';

export class UdpPeer {
  readonly received: Buffer[] = [];
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (datagram) => this.received.push(datagram));
    socket.on('error', () => undefined);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(data: Buffer | string, port: number, host = '127.0.0.1'): void {
    this.#socket.send(data, port, host);
  }

  async has(datagrams: number): Promise<void> {
    await until(() => this.received.length >= datagrams, `datagram ${datagrams}`);
  }

  onMessage(heard: (datagram: Buffer, port: number) => void): void {
    this.#socket.on('message', (datagram, { port }) => heard(datagram, port));
  }

  /** Answers each datagram with itself. */
  echo(): this {
    this.#socket.on('message', (datagram, { port, address }) => this.#socket.send(datagram, port, address));
    return this;
  }
}

export async function udpPeer(t: Test, host = '127.0.0.1', port = 0): Promise<UdpPeer> {
  const size = 8 * 1024 * 1024;
  const type = host.includes(':') ? 'udp6' : 'udp4';
  const socket = createSocket({ type, recvBufferSize: size, sendBufferSize: size });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, resolve);
  });
  t.teardown(() => socket.close());
  return new UdpPeer(socket);
}

export function udpAddress(port: number, host = '127.0.0.1', more: Json = {}): Json {
  return { socketAddress: { protocol: 'UDP', address: host, portValue: port, ...more } };
}

/** `filter` goes into the filter's configuration, `more` into the listener. */
export function udpListener(name: string, where: Json, cluster: string, filter: Json = {}, more: Json = {}): Json {
  const route = { name: 'route', typedConfig: { '@type': `${types}.Route`, cluster } };
  return {
    name,
    address: where,
    listenerFilters: [
      {
        name: 'udp_proxy',
        typedConfig: {
          '@type': `${types}.UdpProxyConfig`,
          statPrefix: name,
          matcher: { onNoMatch: { action: route } },
          ...filter,
        },
      },
    ],
    ...more,
  };
}
