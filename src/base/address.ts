// Owns addresses: of listeners, peers and endpoints. Plain frozen data; the text form is what logs and stats print.

export interface IpAddress {
  readonly kind: 'ip';
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** `1.2.3.4:80`, `[::1]:80`. */
  readonly text: string;
}

export interface PipeAddress {
  readonly kind: 'pipe';
  /** A path, or `@name` for the abstract namespace. */
  readonly path: string;
  readonly mode: number;
  readonly text: string;
}

/** Another listener of this process, reached without a socket (issue 7). */
export interface InternalAddress {
  readonly kind: 'internal';
  readonly listener: string;
  readonly endpointId: string;
  readonly text: string;
}

export type Address = IpAddress | PipeAddress | InternalAddress;

export function ipAddress(address: string, port: number): IpAddress {
  const family = address.includes(':') ? 6 : 4;
  return { kind: 'ip', address, port, family, text: family === 6 ? `[${address}]:${port}` : `${address}:${port}` };
}

export function pipeAddress(path: string, mode = 0): PipeAddress {
  return { kind: 'pipe', path, mode, text: path };
}

export function internalAddress(listener: string, endpointId = ''): InternalAddress {
  return { kind: 'internal', listener, endpointId, text: `envoy://${listener}/${endpointId}` };
}
