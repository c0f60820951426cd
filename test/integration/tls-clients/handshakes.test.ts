// Real clients shake hands: versions, kinds of certificates by what the client can, client certificates as the listener
// wants them.
import t, { type Test } from 'tap';
import type { RunningProxy } from '../../support/remora.ts';
import { clients, type TlsClient, type Wish } from './clients.ts';
import { empty, tlsProxy, trusting } from './proxies.ts';

const versions = ['1.2', '1.3'] as const;

function each(
  title: string,
  open: (t: Test) => Promise<RunningProxy>,
  body: (t: Test, client: TlsClient, wish: Wish, proxy: RunningProxy) => Promise<void>,
): void {
  t.test(title, async (t) => {
    const proxy = await open(t);
    for (const client of clients) {
      await t.test(client.name, { skip: client.skip }, async (t) => {
        for (const version of versions) await body(t, client, { ports: [proxy.port], version }, proxy);
      });
    }
    await empty(proxy);
    t.equal(proxy.stat('listener.tls.downstream_cx_active'), 0, 'nobody is left');
  });
}

each(
  'one certificate',
  (t) => tlsProxy(t),
  async (t, client, wish, proxy) => {
    const before = proxy.stat('listener.tls.ssl.handshake');
    const version = `TLSv${wish.version}`;
    t.match(await client.ask(wish), [{ error: '', version, certificate: 'server', status: 200, view: version }]);
    t.equal(proxy.stat('listener.tls.ssl.handshake'), before + 1);
  },
);

each(
  'certificates of both kinds, by what the client can verify',
  (t) => tlsProxy(t, { certificates: ['server-rsa', 'server'] }),
  async (t, client, wish) => {
    t.match(await client.ask(wish), [{ error: '', certificate: 'server', status: 200 }], 'ECDSA for who knows it');
    const rsaOnly = { ...wish, rsaOnly: true };
    if (client.cannot(rsaOnly) !== false) return;
    t.match(await client.ask(rsaOnly), [{ error: '', certificate: 'server-rsa', status: 200 }], 'RSA for who does not');
  },
);

each(
  'a version that the listener does not have',
  (t) => tlsProxy(t, { common: { tlsParams: { tlsMinimumProtocolVersion: 'TLSv1_3' } } }),
  async (t, client, wish, proxy) => {
    const before = proxy.stat('listener.tls.ssl.connection_error');
    const [met] = await client.ask(wish);
    if (wish.version === '1.3') t.match(met, { error: '', status: 200 });
    else t.match(met, { error: /version/i, status: 0 });
    t.equal(proxy.stat('listener.tls.ssl.connection_error') - before, wish.version === '1.2' ? 1 : 0);
  },
);

const requiring = (t: Test): Promise<RunningProxy> =>
  tlsProxy(t, { common: { validationContext: trusting('ca') }, downstream: { requireClientCertificate: true } });

each('client certificates required and shown', requiring, async (t, client, wish) => {
  for (const certificate of ['client', 'client-rsa', 'client-intermediate']) {
    const [met] = await client.ask({ ...wish, certificate });
    t.match(met, { error: '', status: 200, view: new RegExp(`CN=${certificate}\\b`) });
  }
});

each('client certificates required and not shown', requiring, async (t, client, wish, proxy) => {
  const before = proxy.stat('listener.tls.ssl.fail_verify_no_cert');
  const [met] = await client.ask(wish);
  // With TLS 1.3 the client is through before the server judges: it learns of it when it reads.
  t.match(met, { status: 0, error: /certificate required|handshake failure|reset|EOF/i });
  t.equal(proxy.stat('listener.tls.ssl.fail_verify_no_cert'), before + 1);
});

each('client certificates that are refused', requiring, async (t, client, wish, proxy) => {
  const before = proxy.stat('listener.tls.ssl.fail_verify_error');
  for (const certificate of ['client-untrusted', 'client-expired']) {
    const [met] = await client.ask({ ...wish, certificate });
    t.match(met, { status: 0, error: /./ }, `${certificate}: ${met?.error}`);
  }
  t.equal(proxy.stat('listener.tls.ssl.fail_verify_error'), before + 2);
});

each(
  'client certificates asked for, but not required',
  (t) => tlsProxy(t, { common: { validationContext: trusting('ca') } }),
  async (t, client, wish) => {
    t.match(await client.ask(wish), [{ error: '', status: 200, view: `TLSv${wish.version}` }], 'none is shown');
    t.match(await client.ask({ ...wish, certificate: 'client' }), [{ status: 200, view: /CN=client/ }], 'one is shown');
    t.match(await client.ask({ ...wish, certificate: 'client-untrusted' }), [{ status: 0 }], 'a bad one is refused');
  },
);
