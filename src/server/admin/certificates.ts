// Owns /certs: the certificates that TLS contexts use now, in the form of envoy.admin.v3.Certificates.
// Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/admin/v3/certs.proto
import type { X509Certificate } from 'node:crypto';
import { daysUntil, type UsedCertificates } from '../../tls/secrets/inventory.ts';
import { certificateInfo } from '../../tls/sockets/certificate-info.ts';
import type { Server } from '../compose.ts';
import { type AdminResponse, json } from './endpoint.ts';
import type { JsonObject } from './message-json.ts';

export function certificatesAnswer(server: Server): AdminResponse {
  const answer = json(certificates(server));
  // As protobuf writes them: `<inline>` is no markup.
  const body = String(answer.body).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
  return { ...answer, body };
}

function certificates(server: Server): JsonObject {
  const now = server.services.clock.wall();
  const list: JsonObject[] = [];
  for (const { use, problem } of server.secrets.inUse.entries()) {
    const refused = problem();
    list.push({
      ca_cert: use.ca === null ? [] : details(use.ca, use.ca.pem.certificates, now),
      cert_chain: use.chains.flatMap((chain) => details(chain, chain.pem.certificates.slice(0, 1), now)),
      // Ours: why a newer version is not in use.
      ...(refused === '' ? {} : { last_update_refused: refused }),
    });
  }
  return { certificates: list };
}

function details(
  { path, staple }: UsedCertificates,
  certificates: readonly X509Certificate[],
  now: number,
): JsonObject[] {
  return certificates.map((certificate) => {
    const { serial, dnsSans, uriSans, ipSans, validFrom, validTo } = certificateInfo(certificate);
    return {
      path,
      serial_number: serial,
      subject_alt_names: [
        ...dnsSans.map((dns) => ({ dns })),
        ...uriSans.map((uri) => ({ uri })),
        ...ipSans.map((ip_address) => ({ ip_address })),
      ],
      days_until_expiration: String(daysUntil(validTo, now)),
      valid_from: timestamp(validFrom),
      expiration_time: timestamp(validTo),
      // As in Envoy a response that does not say until when it is good is good until now.
      ...(staple === null
        ? {}
        : { ocsp_details: { valid_from: timestamp(staple.validFrom), expiration: timestamp(staple.validTo ?? now) } }),
    };
  });
}

/** As protobuf prints a time. */
function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}
