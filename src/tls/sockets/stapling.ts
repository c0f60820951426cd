// Owns the rules of OCSP stapling: whether a certificate may be shown with what is there to be stapled, and what is wrong with
// a response is told when it is loaded.
import { X509Certificate } from 'node:crypto';
import { leafOfPkcs12 } from '../secrets/material.ts';
import { mustStaple } from './certificate-extensions.ts';
import { type OcspResponse, readOcspResponse, withoutZeros } from './ocsp-response.ts';

export type StaplePolicy = 'lenient' | 'strict' | 'must';

/** What a certificate has for who asks for a staple. */
export interface Staple {
  /** Null: none was configured. */
  readonly response: OcspResponse | null;
  /** Its extension asks for one, whatever the policy says. */
  readonly required: boolean;
}

/** What the client, who has asked, gets with the certificate; `fail`: the certificate may not be shown. */
export type StapleAction = 'staple' | 'omit' | 'fail';

/** `now`: milliseconds since the epoch. */
export function stapleAction({ response, required }: Staple, policy: StaplePolicy, now: number): StapleAction {
  if (response !== null && (response.validTo ?? 0) >= now) return 'staple';
  if (required || policy === 'must') return 'fail';
  return policy === 'strict' && response !== null ? 'fail' : 'omit';
}

/** Whether there will be a time at which it may not be shown. */
export function mayFail({ response, required }: Staple, policy: StaplePolicy): boolean {
  return required || policy === 'must' || (policy === 'strict' && response !== null);
}

interface Pair {
  readonly chain: Buffer;
  readonly pkcs12: Buffer;
  readonly passphrase: string | undefined;
}

/** `bytes`: the response; empty: none. Throws with words when it does not go with the certificate. */
export function readStaple(pair: Pair, bytes: Buffer): Staple {
  const leaf = leafOf(pair);
  const required = leaf !== null && mustStaple(leaf.raw);
  if (bytes.length === 0) {
    if (required) throw new Error('the certificate asks for a stapled OCSP response (must-staple), and there is none');
    return { response: null, required };
  }
  const response = readOcspResponse(bytes);
  if (leaf !== null && withoutZeros(leaf.serialNumber) !== response.serial)
    throw new Error(
      `the OCSP response is for another certificate: that with the serial number ${response.serial}, not ${leaf.serialNumber.toLowerCase()}`,
    );
  return { response, required };
}

/** Null: it cannot be read, which is told where the pair is made use of. */
function leafOf({ chain, pkcs12, passphrase }: Pair): X509Certificate | null {
  try {
    const bytes = pkcs12.length > 0 ? leafOfPkcs12(pkcs12, passphrase) : chain;
    return bytes.length === 0 ? null : new X509Certificate(bytes);
  } catch {
    return null;
  }
}
