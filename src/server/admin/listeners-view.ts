// Owns what /listeners shows: names and bound addresses. Source: envoy.admin.v3.Listeners.
import type { ListenerManager } from '../../listener/listener-manager.ts';
import type { RunningListener } from '../../listener/running-listener.ts';

type AddressJson =
  | { readonly socket_address: { readonly address: string; readonly port_value: number } }
  | { readonly pipe: { readonly path: string } };

interface ListenerStatus {
  readonly name: string;
  readonly local_address: AddressJson;
  readonly additional_local_addresses?: readonly AddressJson[];
}

export function listenersText(manager: ListenerManager): string {
  let out = '';
  for (const [name, { listener }] of manager.entries()) {
    for (const address of addressesOf(listener)) out += `${name}::${address}\n`;
  }
  return out;
}

export function listenersJson(manager: ListenerManager): { readonly listener_statuses?: readonly ListenerStatus[] } {
  const statuses: ListenerStatus[] = [];
  for (const [name, { listener }] of manager.entries()) {
    const [first, ...others] = addressesOf(listener).map(addressJson);
    if (first === undefined) continue;
    statuses.push({
      name,
      local_address: first,
      ...(others.length === 0 ? {} : { additional_local_addresses: others }),
    });
  }
  return statuses.length === 0 ? {} : { listener_statuses: statuses };
}

/** One that was stopped is still there, at the address it was configured for. */
function addressesOf(listener: RunningListener): readonly string[] {
  const bound = listener.localAddresses;
  return bound.length > 0 ? bound : listener.config.addresses.map(({ address }) => address.text);
}

/** From the text form: `1.2.3.4:80`, `[::1]:80`, a path or `@name`. */
export function addressJson(text: string): AddressJson {
  const parts = /^(?:\[([^\]]+)\]|([\d.]+)):(\d+)$/.exec(text);
  if (parts === null) return { pipe: { path: text } };
  return { socket_address: { address: parts[1] ?? parts[2] ?? '', port_value: Number(parts[3]) } };
}
