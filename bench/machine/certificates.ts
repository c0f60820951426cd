/** Makes the certificates of a run with the openssl program: one CA, one workload certificate (P-256) for every part. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './programs.ts';

export interface Certificates {
  readonly ca: string;
  /** Chain and key of the workload, shown by client, proxy and upstream alike. */
  readonly certificate: string;
  readonly key: string;
}

/** Undefined where openssl is missing. */
export function makeCertificates(dir: string): Certificates | undefined {
  const openssl = findProgram('openssl');
  if (openssl === undefined) return undefined;
  mkdirSync(dir, { recursive: true });
  const path = (name: string): string => join(dir, name);
  const run = (...args: string[]): void => void execFileSync(openssl, args, { stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  run(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    path('ca.key'),
    '-out',
    path('ca.pem'),
    '-days',
    '30',
    '-subj',
    '/CN=bench CA',
  );
  run('req', ...newKey, '-keyout', path('key.pem'), '-out', path('request.pem'), '-subj', '/CN=workload');
  writeFileSync(path('names'), 'subjectAltName=DNS:app.bench.test,URI:spiffe://bench.test/ns/a/sa/b\n');
  const issuer = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial'];
  run(
    'x509',
    '-req',
    '-in',
    path('request.pem'),
    ...issuer,
    '-out',
    path('cert.pem'),
    '-days',
    '30',
    '-extfile',
    path('names'),
  );
  return { ca: path('ca.pem'), certificate: path('cert.pem'), key: path('key.pem') };
}
