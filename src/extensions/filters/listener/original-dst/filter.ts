// Owns the filter that gives redirected connections their destination back (iptables REDIRECT; TPROXY never took it away).
import { FilterStatus, type ListenerFilter, type ListenerFilterCallbacks } from '../../../../listener/api.ts';
import { originalDestination, type SocketOptions } from './lookup.ts';

/** Without state of its own: one serves all connections. */
export class OriginalDstFilter implements ListenerFilter {
  readonly maxReadBytes = 0;
  readonly #sockets: SocketOptions;

  constructor(sockets: SocketOptions) {
    this.#sockets = sockets;
  }

  onAccept({ accepted }: ListenerFilterCallbacks): FilterStatus {
    const { directLocalAddress } = accepted;
    if (directLocalAddress.kind !== 'ip' || accepted.descriptor < 0) return FilterStatus.Continue;
    const destination = originalDestination(this.#sockets, accepted.descriptor, directLocalAddress);
    if (destination !== null) {
      accepted.localAddress = destination;
      accepted.localAddressRestored = true;
    }
    return FilterStatus.Continue;
  }

  onData(): FilterStatus {
    return FilterStatus.Continue;
  }
}
