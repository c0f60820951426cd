// TPROXY in real namespaces: the listener sees the client's address and the one that it called.
import t from 'tap';
import { APPLICATION_ID, CLIENT, network, POD, PROXY_ID, programSkip } from './support/namespaces.ts';

for (const backend of ['iptables-nft', 'iptables-legacy', 'nft'] as const) {
  const flag = backend === 'nft' ? '--native-nftables' : `--force-iptables-binary ${backend}`;
  t.test(`TPROXY with ${backend}`, { skip: programSkip(backend) }, async (t) => {
    const net = network();
    t.teardown(() => net.close());
    const client = await net.client.agent();
    await client.listen('outside 80', 80);
    // A transparent listener needs NET_ADMIN: root, in the proxy's group.
    const proxy = await net.pod.agent({ uid: 0, gid: PROXY_ID });
    await proxy.listen('outbound', 15_001);
    await proxy.listen('inbound', 15_006, { transparent: true });
    const application = await net.pod.agent({ uid: APPLICATION_ID, gid: APPLICATION_ID });
    for (const port of [8080, 15_020]) await application.listen(`application ${port}`, port);

    const flags = `-u 1337 -m TPROXY -i * -b * -d 15020 --dual-stack ${flag}`;
    t.match(net.pod.iptables('apply', flags), { code: 0, err: /TPROXY/ });
    t.match(net.pod.iptables('apply', flags), { code: 0 }, 'twice');
    t.match(net.pod.iptables('check', flags), { code: 0 }, 'in force');
    for (const family of ['v4', 'v6'] as const) {
      const here = POD[family];
      t.same(
        await client.call(here, 8080),
        { by: 'inbound', from: CLIENT[family], at: `${here} 8080` },
        `${family}: addresses as they were`,
      );
      t.equal((await client.call(here, 15_020)).by, 'application 15020', `${family}: a port that is left alone`);
      t.equal((await application.call(CLIENT[family], 80)).by, 'outbound', `${family}: outbound is redirected`);
      t.equal((await application.call(here, 8080)).by, 'application 8080', `${family}: an application's own address`);
      t.equal((await proxy.call(CLIENT[family], 80)).by, 'outside 80', `${family}: the proxy's own traffic`);
      t.equal((await proxy.call(here, 8080)).by, 'inbound', `${family}: the proxy calls its own host`);
      const from = family === 'v4' ? '127.0.0.6' : '::6';
      t.equal(
        (await proxy.call(here, 8080, { from })).by,
        'application 8080',
        `${family}: from ${from} it means the application`,
      );
    }
    net.pod.ip('rule', 'del', 'fwmark', '1337');
    t.match(
      net.pod.iptables('check', flags),
      { code: 126, err: /no routing rule for mark 1337/ },
      'a route is missing',
    );

    t.equal(net.pod.iptables('apply', flags.replace('TPROXY', 'REDIRECT')).code, 0, 'the mode can be changed');
    t.same((await client.call(POD.v4, 8080)).at, `${POD.v4} 15006`, 'REDIRECT gives the listener its own address');

    t.equal(net.pod.iptables('clean', flag).code, 0);
    t.equal((await client.call(POD.v4, 8080)).by, 'application 8080');
    t.notMatch(net.pod.ip('rule', 'show'), /fwmark/);
    t.notMatch(net.pod.ip('-6', 'rule', 'show'), /fwmark/);
    t.notMatch(net.pod.ip('-6', 'addr', 'show', 'dev', 'lo'), / ::6\//);
  });
}
