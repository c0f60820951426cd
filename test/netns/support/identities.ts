// Certificates as a mesh gives them to workloads: one authority, a SPIFFE name for each service account. Made anew for each
// test; no key is kept.
import '../../parity/lib/reflect.ts';
import { KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

// Its types are a browser's.
x509.cryptoProvider.set(webcrypto as unknown as Crypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface Identity {
  readonly name: string;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  /** PEM. */
  readonly certificate: string;
  issue(serviceAccount: string): Promise<Identity>;
}

export function spiffe(serviceAccount: string): string {
  return `spiffe://cluster.local/ns/default/sa/${serviceAccount}`;
}

export async function authority(): Promise<Authority> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const dates = { notBefore: new Date('2020-01-01'), notAfter: new Date('2049-12-31'), signingAlgorithm: ALGORITHM };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...dates,
    serialNumber: '01',
    name: 'O=cluster.local',
    keys: keys as never,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  let serial = 1;
  const issue = async (serviceAccount: string): Promise<Identity> => {
    const own = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
    const certificate = await x509.X509CertificateGenerator.create({
      ...dates,
      serialNumber: `0${++serial}`,
      issuer: root.subject,
      subject: '',
      publicKey: own.publicKey as never,
      signingKey: keys.privateKey as never,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: spiffe(serviceAccount) }], true),
      ],
    });
    const key = KeyObject.from(own.privateKey).export({ type: 'pkcs8', format: 'pem' });
    return { name: spiffe(serviceAccount), certificate: certificate.toString('pem'), key: String(key) };
  };
  return { certificate: root.toString('pem'), issue };
}
