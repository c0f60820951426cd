// TLS on either side of a proxy under test, with the certificates of the parity tests.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { pki } from '../parity/lib/pki.ts';
import type { Json } from '../support/bootstrap.ts';

const tls = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3';

export interface Pem {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** As text. */
export async function pemTexts(): Promise<Pem> {
  const { files } = await pki();
  const text = (name: string): string => String(files.get(name));
  return { cert: text('server.pem'), key: text('server.key'), ca: text('ca.pem') };
}

/** As files, which go with the test. */
export async function pemFiles(t: Test): Promise<Pem> {
  const texts = await pemTexts();
  const folder = mkdtempSync(join(tmpdir(), 'remora-interop-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return { cert: write('cert.pem', texts.cert), key: write('key.pem', texts.key), ca: write('ca.pem', texts.ca) };
}

export const serverName = 'server.test';

export function downstreamTls({ cert, key }: Pem): Json {
  const certificate = { certificateChain: { inlineString: cert }, privateKey: { inlineString: key } };
  const common = { tlsCertificates: [certificate], alpnProtocols: ['h2', 'http/1.1'] };
  return {
    transportSocket: {
      name: 'tls',
      typedConfig: { '@type': `${tls}.DownstreamTlsContext`, commonTlsContext: common },
    },
  };
}

export function upstreamTls({ ca }: Pem): Json {
  const validation = { trustedCa: { inlineString: ca } };
  const common = { validationContext: validation, alpnProtocols: ['h2'] };
  return {
    transportSocket: {
      name: 'tls',
      typedConfig: { '@type': `${tls}.UpstreamTlsContext`, sni: serverName, commonTlsContext: common },
    },
  };
}

const httpOptions = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** Of a cluster that speaks HTTP/2. */
export function upstreamHttp2(options: Json = {}): Json {
  const choice = { explicitHttpConfig: { http2ProtocolOptions: options } };
  return {
    typedExtensionProtocolOptions: { [httpOptions]: { '@type': `type.googleapis.com/${httpOptions}`, ...choice } },
  };
}
