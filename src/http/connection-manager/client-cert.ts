// Owns x-forwarded-client-cert: what a proxy tells the next of the certificate its client has shown. Keys, their order and
// their quoting are Envoy's, which applications parse:
// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert
import { toByteString } from '../../base/byte-string.ts';
import type { RequestData } from '../../matchers/tree/inputs.ts';
import type { MatchNode } from '../../matchers/tree/match-tree.ts';
import type { CertificateInfo, StreamInfo, TlsConnectionInfo } from '../../observability/stream-info.ts';
import type { RequestHeaders } from '../headers/header-map.ts';
import { Names } from '../headers/name.ts';

export type ClientCertMode = 'sanitize' | 'forward_only' | 'append_forward' | 'sanitize_set' | 'always_forward_only';

/** Beside By and Hash, which are always told. */
export interface ClientCertDetails {
  readonly cert: boolean;
  readonly chain: boolean;
  readonly subject: boolean;
  readonly uri: boolean;
  readonly dns: boolean;
  readonly issuer: boolean;
  readonly json: boolean;
}

/** One object for as long as the configuration lives. */
export interface ClientCertForwarding {
  readonly mode: ClientCertMode;
  readonly details: ClientCertDetails;
}

export interface ClientCertSettings {
  readonly standard: ClientCertForwarding;
  /** Decides in place of `standard` where it finds something. */
  readonly tree: MatchNode<RequestData, ClientCertForwarding> | null;
  /** A request without the header leaves without it, whoever sends it. */
  readonly neverSets: boolean;
}

/** Nothing is told, and who tells something is not believed. */
export const clientCertSanitized: ClientCertSettings = {
  standard: {
    mode: 'sanitize',
    details: { cert: false, chain: false, subject: false, uri: false, dns: false, issuer: false, json: false },
  },
  tree: null,
  neverSets: true,
};

/** One for each connection, since its requests tell the same of it. */
export class ClientCertForwarder {
  readonly #settings: ClientCertSettings;
  #valueOf: ClientCertDetails | null = null;
  #value = '';

  constructor(settings: ClientCertSettings) {
    this.#settings = settings;
  }

  /** `present`: the request has the header. */
  apply(headers: RequestHeaders, present: boolean, streamInfo: StreamInfo): void {
    const { standard, tree, neverSets } = this.#settings;
    if (neverSets && !present) return;
    const { mode, details } = tree?.find({ streamInfo, headers }) ?? standard;
    if (mode === 'always_forward_only') return;
    const { tls } = streamInfo.connection;
    // Whoever says so himself is not believed.
    if (mode === 'sanitize' || tls?.peer === undefined) {
      if (present) headers.remove(Names.xForwardedClientCert);
      return;
    }
    if (mode === 'forward_only') return;
    if (this.#valueOf !== details) {
      this.#valueOf = details;
      this.#value = details.json ? jsonOf(tls, tls.peer, details) : textOf(tls, tls.peer, details);
    }
    const before = mode === 'append_forward' && present ? (headers.getJoined(Names.xForwardedClientCert) ?? '') : '';
    headers.set(Names.xForwardedClientCert, before === '' ? this.#value : this.#joined(before, tls, details));
  }

  #joined(before: string, tls: TlsConnectionInfo, details: ClientCertDetails): string {
    if (!details.json) return `${before},${this.#value}`;
    if (before.startsWith('[') && before.endsWith(']')) return `${before.slice(0, -1)},${this.#value.slice(1)}`;
    // A list of the other format stays one.
    return `${before},${textOf(tls, tls.peer as CertificateInfo, details)}`;
  }
}

function textOf(tls: TlsConnectionInfo, peer: CertificateInfo, details: ClientCertDetails): string {
  const parts = (tls.local?.uriSans ?? []).map((uri) => `By=${name(uri)}`);
  parts.push(`Hash=${peer.sha256}`);
  if (details.cert) parts.push(`Cert="${peer.urlEncodedPem}"`);
  if (details.chain) parts.push(`Chain="${(tls.peerChain ?? []).map((it) => it.urlEncodedPem).join('')}"`);
  if (details.subject) parts.push(`Subject="${peer.subject}"`);
  if (details.uri) {
    if (peer.uriSans.length === 0) parts.push('URI=');
    for (const uri of peer.uriSans) parts.push(`URI=${name(uri)}`);
  }
  if (details.dns) for (const dns of peer.dnsSans) parts.push(`DNS=${name(dns)}`);
  if (details.issuer) parts.push(`Issuer="${peer.issuer}"`);
  return parts.join(';');
}

/** A list of one object. What is not there has no key. */
function jsonOf(tls: TlsConnectionInfo, peer: CertificateInfo, details: ClientCertDetails): string {
  const list = (names: readonly string[] | undefined): readonly string[] | undefined =>
    names !== undefined && names.length > 0 ? names : undefined;
  const fields = {
    by: list(tls.local?.uriSans),
    hash: peer.sha256,
    cert: details.cert ? peer.pem : undefined,
    chain: details.chain ? list((tls.peerChain ?? []).map((it) => it.pem)) : undefined,
    subject: details.subject ? peer.subject : undefined,
    uri: details.uri ? list(peer.uriSans) : undefined,
    dns: details.dns ? list(peer.dnsSans) : undefined,
    issuer: details.issuer ? peer.issuer : undefined,
  };
  return toByteString(`[${JSON.stringify(fields)}]`);
}

/** Names of certificates pass as they are, but for what no header may hold. */
function name(text: string): string {
  return toByteString(text).replace(
    controls,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
const controls = /[\0-\x1f\x7f]/g;
