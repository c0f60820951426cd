// REDIRECT in real namespaces: who answers a call says where the rules have sent it. In the proxy's place stand two
// listeners with its user; proxy.test.ts has Remora there.
import t, { type Test } from 'tap';
import type { Agent } from './support/agent-client.ts';
import {
  APPLICATION_ID,
  CLIENT,
  ELSEWHERE,
  type Network,
  netnsSkip,
  network,
  POD,
  PROXY_ID,
  programSkip,
} from './support/namespaces.ts';

const FLAGS = '-p 15001 -z 15006 -u 1337 -m REDIRECT -i * -b * -d 15090,15021,15020 --dual-stack';

interface World {
  readonly net: Network;
  readonly client: Agent;
  readonly proxy: Agent;
  readonly application: Agent;
}

async function world(t: Test): Promise<World> {
  const net = network();
  t.teardown(() => net.close());
  const client = await net.client.agent();
  const proxy = await net.pod.agent({ uid: PROXY_ID, gid: PROXY_ID });
  const application = await net.pod.agent({ uid: APPLICATION_ID, gid: APPLICATION_ID });
  await proxy.listen('outbound', 15_001);
  await proxy.listen('inbound', 15_006);
  for (const port of [8080, 15_008, 15_020, 15_021, 15_090]) await application.listen(`application ${port}`, port);
  for (const port of [80, 81, 443]) await client.listen(`outside ${port}`, port);
  return { net, client, proxy, application };
}

for (const backend of ['iptables-nft', 'iptables-legacy', 'nft'] as const) {
  const flag = backend === 'nft' ? '--native-nftables' : `--force-iptables-binary ${backend}`;
  t.test(`REDIRECT with ${backend}`, { skip: programSkip(backend) }, async (t) => {
    const { net, client, proxy, application } = await world(t);
    const by = async (agent: Agent, host: string, port: number): Promise<string> => (await agent.call(host, port)).by;

    t.equal(await by(client, POD.v4, 8080), 'application 8080', 'before: inbound is free');
    t.equal(await by(application, CLIENT.v4, 80), 'outside 80', 'before: outbound is free');

    const applied = net.pod.iptables('apply', `${FLAGS} ${flag}`);
    t.match(applied, { code: 0, err: new RegExp(`for IPv4 and IPv6 with ${backend}`) });

    for (const family of ['v4', 'v6'] as const) {
      const [here, there] = [POD[family], CLIENT[family]];
      const loopback = family === 'v4' ? '127.0.0.1' : '::1';
      const passthrough = family === 'v4' ? '127.0.0.6' : '::6';
      t.equal(await by(client, here, 8080), 'inbound', `${family}: inbound is captured`);
      t.equal(await by(client, here, 9999), 'inbound', `${family}: also where nobody listens`);
      for (const port of [15_008, 15_020, 15_021, 15_090]) {
        t.equal(await by(client, here, port), `application ${port}`, `${family}: inbound ${port} is left alone`);
      }
      t.equal(await by(application, there, 80), 'outbound', `${family}: outbound is captured`);
      t.equal(await by(application, ELSEWHERE[family], 81), 'outbound', `${family}: whatever the address`);
      t.equal(await by(application, loopback, 8080), 'application 8080', `${family}: loopback is not`);
      t.equal(await by(application, here, 8080), 'application 8080', `${family}: nor its own address`);
      t.equal(await by(proxy, there, 80), 'outside 80', `${family}: the proxy's own traffic is not (uid)`);
      t.equal(await by(proxy, loopback, 8080), 'application 8080', `${family}: nor over loopback`);
      t.equal(
        await by(proxy, here, 8080),
        'inbound',
        `${family}: the proxy calls its own host: through the inbound listener`,
      );
      t.equal(
        (await proxy.call(here, 8080, { from: passthrough })).by,
        'application 8080',
        `${family}: but not from ${passthrough}`,
      );
    }
    const group = await net.pod.agent({ uid: 0, gid: PROXY_ID });
    t.equal(await by(group, CLIENT.v4, 80), 'outside 80', "the proxy's group is enough");

    t.equal(net.pod.iptables('check', `${FLAGS} ${flag}`).code, 0, 'in force');
    t.match(
      net.pod.iptables('check', `${FLAGS} ${flag} -o 443`),
      { code: 126, err: /not in force/ },
      'other rules are not',
    );

    const before = net.pod.run(backend === 'nft' ? ['nft', 'list', 'ruleset'] : [`${backend}-save`]).out;
    t.equal(net.pod.iptables('apply', `${FLAGS} ${flag}`).code, 0, 'twice');
    const after = net.pod.run(backend === 'nft' ? ['nft', 'list', 'ruleset'] : [`${backend}-save`]).out;
    t.same(rules(after), rules(before), 'changes nothing');
    t.equal(
      net.pod.iptables('apply', `${FLAGS} ${flag} -o 443 -x ${ELSEWHERE.v4}/32`).code,
      0,
      'other rules take their place',
    );
    t.equal(await by(application, CLIENT.v4, 443), 'outside 443');
    t.equal(await by(application, ELSEWHERE.v4, 80), 'outside 80');
    t.equal(await by(application, CLIENT.v4, 80), 'outbound');

    t.equal(net.pod.iptables('clean', flag).code, 0);
    t.equal(await by(client, POD.v4, 8080), 'application 8080', 'after: inbound is free');
    t.equal(await by(application, CLIENT.v6, 80), 'outside 80', 'after: outbound is free');
    t.equal(net.pod.iptables('clean', flag).code, 0, 'nothing to clean is no error');
    t.match(net.pod.iptables('check', `${FLAGS} ${flag}`), { code: 126 });
  });
}

/** What is installed, without counters and comments. */
function rules(saved: string): string[] {
  return saved
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/ \[\d+:\d+\]$/, ''))
    .sort();
}

t.test('what is captured can be chosen', { skip: netnsSkip }, async (t) => {
  const { net, client, proxy, application } = await world(t);
  const by = async (agent: Agent, host: string, port: number): Promise<string> => (await agent.call(host, port)).by;
  const apply = (flags: string, env: NodeJS.ProcessEnv = {}): void => {
    t.match(net.pod.iptables('apply', `-u 1337 ${flags}`, env), { code: 0 }, `apply ${flags}`);
  };

  apply(`-b 8080 -i ${ELSEWHERE.v4}/32`);
  t.equal(await by(client, POD.v4, 8080), 'inbound', 'a port of the list');
  t.equal(await by(client, POD.v4, 15_020), 'application 15020', 'another port');
  t.equal(await by(application, ELSEWHERE.v4, 80), 'outbound', 'an address of the list');
  t.equal(await by(application, CLIENT.v4, 80), 'outside 80', 'another address');

  apply(`-i ${ELSEWHERE.v4}/32 -q 81`);
  t.equal(await by(client, POD.v4, 8080), 'application 8080', 'no inbound port at all');
  t.equal(await by(application, CLIENT.v4, 81), 'outbound', 'an outbound port, whatever the address');
  t.equal(await by(application, CLIENT.v4, 80), 'outside 80');

  apply('-b * -i * -c eth0');
  t.equal(await by(client, POD.v4, 8080), 'application 8080', 'an interface that is left alone');
  t.equal(await by(application, CLIENT.v4, 80), 'outside 80');

  apply('-b * -i *', { ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE: String(APPLICATION_ID) });
  t.equal(await by(application, CLIENT.v4, 80), 'outside 80', 'a group that is left alone');
  apply('-b * -i *', { ISTIO_OUTBOUND_OWNER_GROUPS: '7,8' });
  t.equal(await by(application, CLIENT.v4, 80), 'outside 80', 'a group that is not of the list');
  const seven = await net.pod.agent({ uid: 7, gid: 7 });
  t.equal(await by(seven, CLIENT.v4, 80), 'outbound', 'a group of the list');

  apply(`-u ${APPLICATION_ID} -i *`);
  t.equal(await by(application, CLIENT.v4, 80), 'outside 80', 'the user that is named is not captured');
  t.equal(await by(proxy, CLIENT.v4, 80), 'outbound', 'the one of before is');

  apply('', {
    ISTIO_SERVICE_CIDR: '*',
    ISTIO_INBOUND_PORTS: '*',
    ENVOY_PORT: '15006',
    ISTIO_LOCAL_EXCLUDE_PORTS: '8080',
  });
  t.equal(await by(application, CLIENT.v4, 80), 'inbound', 'options from the environment: port');
  t.equal(await by(client, POD.v4, 8080), 'application 8080', 'excluded port');
});

t.test('DNS goes to the agent', { skip: netnsSkip }, async (t) => {
  const { net, client, proxy, application } = await world(t);
  await proxy.listen('agent', 15_053);
  // On loopback, as Istio's agent: an answer from another address would not find its way back through the redirection.
  await proxy.listenUdp('agent', 15_053, '127.0.0.1');
  await client.listen('server', 53);
  await client.listenUdp('server', 53, CLIENT.v4);

  t.equal((await application.call(CLIENT.v4, 53, { udp: true })).by, 'server', 'before');
  t.equal(net.pod.iptables('apply', '-i * -b * -u 1337 --redirect-dns --capture-all-dns').code, 0);
  t.equal((await application.call(CLIENT.v4, 53, { udp: true })).by, 'agent', 'UDP');
  t.equal((await application.call(CLIENT.v4, 53)).by, 'agent', 'TCP');
  t.equal((await proxy.call(CLIENT.v4, 53, { udp: true })).by, 'server', "the agent's own query");
  t.equal((await proxy.call(CLIENT.v4, 53)).by, 'server', 'by TCP');
});

t.test('rules of others stay', { skip: netnsSkip }, async (t) => {
  const { net, application } = await world(t);
  const foreign = [
    'iptables',
    '-t',
    'nat',
    '-A',
    'OUTPUT',
    '-p',
    'tcp',
    '--dport',
    '81',
    '-j',
    'REDIRECT',
    '--to-ports',
    '8080',
  ];
  t.equal(net.pod.run(foreign).code, 0);
  t.equal(net.pod.iptables('apply', '-i * -b * -u 1337').code, 0);
  t.equal(net.pod.iptables('clean', '').code, 0);
  t.equal((await application.call(CLIENT.v4, 81)).by, 'application 8080');
  t.notMatch(net.pod.run(['iptables-save']).out, /ISTIO_/);
});
