/** Owns the checks of addresses that must be numeric: where Envoy binds, and ranges it matches. */
import { isIP } from 'node:net';
import { addressBits } from '../../base/cidr.ts';
import type { CidrRange } from '../../generated/envoy/config/core/v3/address_pb.d.ts';
import type { ConfigContext } from '../context.ts';
import type { DiagnosticCode } from '../diagnostics/catalogue.ts';

/** False, and reported, when the text is not an IP address. */
export function checkIpAddress(
  message: object,
  field: string,
  address: string,
  code: DiagnosticCode,
  context: ConfigContext,
): boolean {
  if (isIP(address) !== 0) return true;
  context.error(message, field, code, `${JSON.stringify(address)} is not an IP address`, 'names are not resolved here');
  return false;
}

/** The range in a form in which equal ranges are equal texts; undefined, and reported, when it is none. */
export function checkRange(range: CidrRange, context: ConfigContext): string | undefined {
  const family = isIP(range.addressPrefix);
  const bits = addressBits(range.addressPrefix);
  if (family === 0 || bits === null) {
    context.error(range, 'address_prefix', 'RMR0901', `${JSON.stringify(range.addressPrefix)} is not an IP address`);
    return undefined;
  }
  const width = family === 4 ? 32 : 128;
  // A length beyond the address counts as all of it, as in Envoy.
  const length = Math.min(range.prefixLen ?? 0, width);
  const shift = BigInt(width - length);
  return `${family}:${(bits >> shift) << shift}/${length}`;
}
