// Owns the way from ranges of addresses in configuration (envoy.config.core.v3.CidrRange, xds.core.v3.CidrRange) to values.
import { addressBits, type CidrRange, cidrRange } from '../base/cidr.ts';
import type { ConfigContext } from '../config/api.ts';

interface CidrMessage {
  readonly addressPrefix: string;
  readonly prefixLen?: number | undefined;
}

/** Null where the prefix is no IP address. */
export function cidrOf(message: CidrMessage): CidrRange | null {
  return cidrRange(message.addressPrefix, lengthOf(message));
}

export function readCidr(message: CidrMessage, context: ConfigContext): CidrRange | undefined {
  const range = cidrOf(message);
  if (range !== null) return range;
  refuse(message, context);
  return undefined;
}

/** The same as numbers, for tables of ranges. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly bits: bigint;
  readonly length: number;
}

export function readAddressRange(message: CidrMessage, context: ConfigContext): AddressRange | undefined {
  const bits = addressBits(message.addressPrefix);
  if (bits !== null) return { family: isIpv6(message) ? 6 : 4, bits, length: lengthOf(message) };
  refuse(message, context);
  return undefined;
}

/** A length beyond the address counts as all of it, as in Envoy. */
function lengthOf(message: CidrMessage): number {
  return Math.min(message.prefixLen ?? 0, isIpv6(message) ? 128 : 32);
}

function isIpv6({ addressPrefix }: CidrMessage): boolean {
  return addressPrefix.includes(':');
}

function refuse(message: CidrMessage, context: ConfigContext): void {
  context.error(message, 'address_prefix', 'RMR0901', `'${message.addressPrefix}' is no IP address`);
}
