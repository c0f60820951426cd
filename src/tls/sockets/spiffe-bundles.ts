// Owns the reading of SPIFFE trust bundles by trust domain: `{"trust_domains": {DOMAIN: BUNDLE}}`, where a bundle is a JWK set
// (SPIFFE Trust Domain and Bundle, section 4) whose keys have their authority's certificate in `x5c`.
import { X509Certificate } from 'node:crypto';

export type TrustBundles = ReadonlyMap<string, readonly X509Certificate[]>;

/** Throws with words when one of them cannot be used: none is then. */
export function readTrustBundles(text: string): TrustBundles {
  const domains = entriesOf(fieldOf(parsed(text), 'trust_domains'));
  if (domains.length === 0)
    throw new Error('there is no trust domain in it: it is {"trust_domains": {DOMAIN: BUNDLE}}');
  return new Map(domains.map(([domain, bundle]) => [domain, authoritiesOf(domain, bundle)]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`it is no JSON: ${(error as Error).message}`);
  }
}

function authoritiesOf(domain: string, bundle: unknown): X509Certificate[] {
  const keys = fieldOf(bundle, 'keys');
  if (!Array.isArray(keys) || keys.length === 0) throw new Error(`the bundle of '${domain}' has no keys`);
  return keys.flatMap((key: unknown) => {
    // As in Envoy: those for JWTs have to be left out.
    if (fieldOf(key, 'use') !== 'x509-svid')
      throw new Error(`a key of '${domain}' is not for certificates: its "use" has to be "x509-svid"`);
    const chain = fieldOf(key, 'x5c');
    if (!Array.isArray(chain) || chain.length === 0)
      throw new Error(`a key of '${domain}' has no certificate in "x5c"`);
    return chain.map((encoded: unknown) => certificateOf(domain, encoded));
  });
}

function certificateOf(domain: string, encoded: unknown): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(String(encoded), 'base64'));
  } catch (error) {
    throw new Error(`a certificate of '${domain}' cannot be read: ${(error as Error).message}`);
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return new Map(entriesOf(value)).get(name);
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
