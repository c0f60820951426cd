// Owns small conversions of the cluster's configuration: addresses, metadata.
import { isIP, SocketAddress as NodeSocketAddress } from 'node:net';
import { type Address, internalAddress, ipAddress, pipeAddress } from '../base/address.ts';
import type { Address as AddressMessage, SocketAddress } from '../generated/envoy/config/core/v3/address_pb.d.ts';
import type { Metadata as MetadataMessage } from '../generated/envoy/config/core/v3/base_pb.d.ts';
import type { Metadata } from './cluster-config.ts';

/** The address of an IP literal in its shortest form; null when `host` is a name. */
export function ipLiteral(host: string, port: number): Address | null {
  const family = isIP(host);
  if (family === 0) return null;
  return family === 4 ? ipAddress(host, port) : ipAddress(shortestIpv6(host), port);
}

function shortestIpv6(host: string): string {
  // A zone (fe80::1%eth0) is not part of what the parser takes.
  return host.includes('%') ? host : new NodeSocketAddress({ address: host, family: 'ipv6' }).address;
}

export function portOf(message: SocketAddress): number | undefined {
  return message.portSpecifier.case === 'namedPort' ? undefined : (message.portSpecifier.value ?? 0);
}

/** A text instead of an address says why there is none. */
export function addressOf(message: AddressMessage | undefined): Address | string {
  const choice = message?.address;
  switch (choice?.case) {
    case 'pipe':
      return pipeAddress(choice.value.path, choice.value.mode);
    case 'envoyInternalAddress': {
      const name = choice.value.addressNameSpecifier;
      return name.case === undefined
        ? 'the internal address names no listener'
        : internalAddress(name.value, choice.value.endpointId);
    }
    case 'socketAddress': {
      const port = portOf(choice.value);
      if (port === undefined) return 'named_port is not supported';
      return (
        ipLiteral(choice.value.address, port) ?? `${JSON.stringify(choice.value.address)} is a name, not an IP address`
      );
    }
    default:
      return 'the address is empty';
  }
}

const noMetadata: Metadata = Object.freeze({});

export function metadataOf(message: MetadataMessage | undefined): Metadata {
  return message === undefined ? noMetadata : message.filterMetadata;
}
