// What a listener tells its clients of the authorities that it trusts: TLS 1.2 asks for certificates in the clear.
import { connect as connectTcp } from 'node:net';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import { pki } from '../parity/lib/pki.ts';
import { address, bootstrap, directResponse, httpChain, listener, routeConfig } from '../support/bootstrap.ts';
import { remora } from '../support/remora.ts';

const { files } = await pki();
const inline = (name: string) => ({ inlineString: files.get(name) ?? '' });
const type = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';

/** All that the server sends of its first flight, as bytes on the wire. */
async function firstFlight(t: Test, suppressClientCaList: boolean, secureProtocol: 'TLSv1.2' | 'TLSv1.3') {
  const commonTlsContext = {
    tlsCertificates: [{ certificateChain: inline('server.pem'), privateKey: inline('server.key') }],
    validationContext: { trustedCa: inline('other-ca.pem'), suppressClientCaList },
  };
  const transportSocket = { name: 'tls', typedConfig: { '@type': type, commonTlsContext } };
  const chain = httpChain({ routeConfig: routeConfig('local', [directResponse('ok')]) }, { transportSocket });
  const proxy = await remora(t, () => bootstrap([listener('main', address(0), [chain])], [])).to();
  const raw = connectTcp(proxy.port, '127.0.0.1');
  const seen: Buffer[] = [];
  const wire = new Duplex({
    read() {},
    write: (data, _encoding, done) => raw.write(data, done),
  });
  raw.on('data', (data: Buffer) => {
    seen.push(data);
    wire.push(data);
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const tls = connect({
    ...{ socket: wire, rejectUnauthorized: false, minVersion: secureProtocol, maxVersion: secureProtocol },
    cert: files.get('client-untrusted.pem'),
    key: files.get('client-untrusted.key'),
  });
  tls.once('secureConnect', resolve);
  tls.on('error', reject);
  await promise;
  tls.destroy();
  raw.destroy();
  return Buffer.concat(seen);
}

// covers: envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.suppress_client_ca_list
t.test('clients are told of the authorities, unless that is suppressed; both ways those are trusted', async (t) => {
  t.match((await firstFlight(t, false, 'TLSv1.2')).toString('latin1'), /Other CA/);
  t.notMatch((await firstFlight(t, true, 'TLSv1.2')).toString('latin1'), /Other CA/);
  // Encrypted, but there is less of it.
  const [told, kept] = [await firstFlight(t, false, 'TLSv1.3'), await firstFlight(t, true, 'TLSv1.3')];
  t.ok(told.length > kept.length + 20, `${told.length} bytes, ${kept.length} without the names`);
});
