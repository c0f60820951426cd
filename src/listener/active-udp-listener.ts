// Owns the sockets of a UDP listener and the filters that see its datagrams. A new version keeps the sockets and has filters
// of its own: what the old ones kept (sessions) ends with them, as in Envoy. Loaded when a configuration has such a listener.
import { type IpAddress, ipAddress } from '../base/address.ts';
import { contain } from '../base/assert.ts';
import { type DatagramSent, type UdpReceiver, UdpSocket } from '../network/udp-socket.ts';
import type { Counter } from '../observability/stats/api.ts';
import { FilterStatus, type UdpListenerFilter, type UdpListenerFilterCallbacks, type UdpListenSocket } from './api.ts';
import { discardUdp } from './config.ts';
import type { ListenAddress, ListenerConfig } from './config-types.ts';
import { sameAddress } from './listen-address.ts';
import type { RunningListener } from './running-listener.ts';
import { listenerStats } from './stats.ts';

export class ActiveUdpListener implements RunningListener, UdpListenerFilterCallbacks {
  config: ListenerConfig;
  #dropped: Counter;
  #bound: readonly BoundSocket[] = [];
  /** Empty while nothing is bound. */
  #filters: readonly UdpListenerFilter[] = [];
  #accepting = false;

  constructor(config: ListenerConfig) {
    this.config = config;
    this.#dropped = countersOf(config);
  }

  get listenerName(): string {
    return this.config.name;
  }

  get localAddresses(): string[] {
    return this.#bound.map(({ localAddress }) => localAddress.text);
  }

  get accepting(): boolean {
    return this.#accepting;
  }

  /** Sessions are no connections: nobody waits for their end. */
  get connectionCount(): number {
    return 0;
  }

  async bind(): Promise<void> {
    this.#bound = await this.#listen(this.config, []);
    this.#accepting = true;
    this.#makeFilters();
  }

  async rebind(config: ListenerConfig): Promise<void> {
    const staying = this.#bound.filter(({ wanted }) => config.addresses.some((entry) => sameAddress(entry, wanted)));
    const fresh = await this.#listen(config, staying);
    const going = this.#bound.filter((entry) => !staying.includes(entry));
    this.#bound = [...staying, ...fresh];
    this.#accepting = true;
    this.replaceConfig(config);
    for (const socket of going) socket.close();
  }

  replaceConfig(config: ListenerConfig): void {
    const old = this.config;
    this.#destroyFilters();
    this.config = config;
    this.#dropped = countersOf(config);
    if (this.#accepting) this.#makeFilters();
    if (old !== config) discardUdp(old.udp);
  }

  async stopAccepting(): Promise<void> {
    this.#accepting = false;
    // Sessions first: what they still log and count belongs to a listener that is there.
    this.#destroyFilters();
    for (const socket of this.#bound) socket.close();
    this.#bound = [];
  }

  /** They end with the filters. */
  closeConnections(): void {
    this.#destroyFilters();
  }

  connect(peer: IpAddress, receiver: UdpReceiver): UdpSocket {
    return UdpSocket.connect(peer, receiver);
  }

  onDatagram(data: Buffer, address: string, port: number, socket: UdpListenSocket): void {
    for (const filter of this.#filters) {
      try {
        if (filter.onDatagram(data, address, port, socket) === FilterStatus.StopIteration) return;
      } catch (error) {
        contain(`listener '${this.config.name}'`, error);
        return;
      }
    }
  }

  onTooLarge(): void {
    this.#dropped.inc();
  }

  onReceiveError(): void {
    for (const filter of this.#filters) filter.onReceiveError();
  }

  async #listen(config: ListenerConfig, present: readonly BoundSocket[]): Promise<BoundSocket[]> {
    const bound: BoundSocket[] = [];
    try {
      for (const wanted of config.bindToPort ? config.addresses : []) {
        if (present.some((entry) => sameAddress(entry.wanted, wanted))) continue;
        bound.push(await BoundSocket.open(wanted, config, this));
      }
      return bound;
    } catch (error) {
      for (const socket of bound) socket.close();
      throw error;
    }
  }

  #makeFilters(): void {
    this.#filters = (this.config.udp?.filters ?? []).map((factory) => factory.createFilter(this));
  }

  #destroyFilters(): void {
    const filters = this.#filters;
    this.#filters = [];
    for (const filter of filters) filter.destroy();
  }
}

function countersOf({ scope }: ListenerConfig): Counter {
  // Of connections, which stay at zero: Envoy shows them too.
  listenerStats(scope);
  return scope.counter('udp.downstream_rx_datagram_dropped');
}

class BoundSocket implements UdpListenSocket, UdpReceiver {
  readonly wanted: ListenAddress;
  readonly #owner: ActiveUdpListener;
  #localAddress: IpAddress;
  #socket: UdpSocket | null = null;

  private constructor(wanted: ListenAddress, address: IpAddress, owner: ActiveUdpListener) {
    this.wanted = wanted;
    this.#localAddress = address;
    this.#owner = owner;
  }

  /** Rejects with words that name the address. */
  static async open(wanted: ListenAddress, config: ListenerConfig, owner: ActiveUdpListener): Promise<BoundSocket> {
    const { address, ipv4Compat, socketOptions } = wanted;
    if (address.kind !== 'ip') throw new Error(`'${address.text}' is no address for datagrams`);
    const bound = new BoundSocket(wanted, address, owner);
    const { reusePort } = config;
    const options = { address, reusePort, ipv4Compat, socketOptions };
    bound.#socket = await UdpSocket.bind(options, bound);
    const { port } = bound.#socket.localAddress ?? address;
    bound.#localAddress = ipAddress(address.address, port);
    return bound;
  }

  get localAddress(): IpAddress {
    return this.#localAddress;
  }

  /** An update may change it while the socket stays. */
  get maxDatagram(): number {
    return this.#owner.config.udp?.maxDatagram ?? 0;
  }

  onDatagram(data: Buffer, address: string, port: number): void {
    this.#owner.onDatagram(data, address, port, this);
  }

  onTooLarge(): void {
    this.#owner.onTooLarge();
  }

  onReceiveError(): void {
    this.#owner.onReceiveError();
  }

  sendTo(data: Buffer, port: number, address: string, sent: DatagramSent): void {
    this.#socket?.sendTo(data, port, address, sent);
  }

  close(): void {
    this.#socket?.close();
  }
}
