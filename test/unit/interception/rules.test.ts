// What each option does to a packet, on paper.
import t from 'tap';
import { type Fate, fateOf, type Packet } from '../../support/packet-filter.ts';
import { filters, host, incoming, outgoing, parse } from './support.ts';

type Environment = Readonly<Record<string, string>>;

/** The verdict of each packet under the rules of one command line. */
function under(
  line: string,
  environment: Environment = {},
  facts = host({ hasIpv6: true }),
): (packet: Packet) => Fate['verdict'] {
  const { v4, v6 } = filters(parse(`--dual-stack ${line}`, environment, facts).rules);
  return (packet) => fateOf(packet.destination.includes(':') ? v6 : v4, packet).verdict;
}

t.test('without lists nothing is captured', (t) => {
  const verdict = under('');
  t.equal(verdict(outgoing()), 'accept');
  t.equal(verdict(incoming()), 'accept');
  t.end();
});

t.test('inbound ports', (t) => {
  const list = under('-b 80,8000:8010');
  t.equal(list(incoming({ destinationPort: 80 })), 'redirect 15006');
  t.equal(list(incoming({ destinationPort: 8005 })), 'redirect 15006');
  t.equal(list(incoming({ destinationPort: 443 })), 'accept');
  t.equal(list(incoming({ destinationPort: 80, protocol: 'udp' })), 'accept');
  const tproxy = under('-b 80 -m TPROXY');
  t.equal(tproxy(incoming({ destinationPort: 80 })), 'tproxy 15006');
  t.equal(tproxy(incoming({ destinationPort: 81 })), 'accept');
  const tunnel = under('-b * -e 15999');
  t.equal(tunnel(incoming({ destinationPort: 15_999 })), 'accept');
  t.equal(tunnel(incoming({ destinationPort: 15_008 })), 'redirect 15006');
  t.end();
});

t.test('outbound ranges and ports', (t) => {
  const verdict = under('-i 10.0.0.0/8,fd00::/8 -x 10.96.0.0/12,fd96::/16 -q 9000 -o 5432');
  t.equal(verdict(outgoing({ destination: '10.1.1.1' })), 'redirect 15001');
  t.equal(verdict(outgoing({ destination: '10.96.0.1' })), 'accept', 'exclusions count first');
  t.equal(verdict(outgoing({ destination: '8.8.8.8' })), 'accept');
  t.equal(verdict(outgoing({ destination: '8.8.8.8', destinationPort: 9000 })), 'redirect 15001');
  t.equal(verdict(outgoing({ destination: '10.96.0.1', destinationPort: 9000 })), 'accept');
  t.equal(verdict(outgoing({ destination: '10.1.1.1', destinationPort: 5432 })), 'accept');
  t.equal(verdict(outgoing({ destination: 'fd00::1' })), 'redirect 15001');
  t.equal(verdict(outgoing({ destination: 'fd96::1' })), 'accept');
  t.equal(verdict(outgoing({ destination: '2001:db8::1' })), 'accept');
  t.end();
});

t.test('loopback as a range is captured', (t) => {
  const verdict = under('-i 127.1.2.3/32');
  t.equal(verdict(outgoing({ destination: '127.1.2.3', interface: 'lo' })), 'redirect 15001');
  t.equal(under('-i *')(outgoing({ destination: '127.1.2.3', interface: 'lo' })), 'accept');
  const wide = under('-i *', { ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR: '127.0.0.0/8' });
  const proxy = { destination: '127.9.9.9', interface: 'lo', uid: '1337', gid: '1337' };
  t.equal(wide(outgoing(proxy)), 'accept', 'all of loopback is the application');
  t.equal(under('-i *')(outgoing(proxy)), 'redirect 15006');
  t.end();
});

t.test('several users of the proxy', (t) => {
  const verdict = under('-i * -u 101,102 -g 201');
  t.equal(verdict(outgoing({ uid: '101' })), 'accept');
  t.equal(verdict(outgoing({ uid: '102' })), 'accept');
  t.equal(verdict(outgoing({ gid: '201' })), 'accept');
  t.equal(verdict(outgoing({ uid: '1337', gid: '1337' })), 'redirect 15001');
  t.end();
});

t.test('groups of applications', (t) => {
  const some = under('-i *', { ISTIO_OUTBOUND_OWNER_GROUPS: '7,java' });
  t.equal(some(outgoing({ gid: '7' })), 'redirect 15001');
  t.equal(some(outgoing({ gid: 'java' })), 'redirect 15001');
  t.equal(some(outgoing({ gid: '8' })), 'accept');
  const most = under('-i *', { ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE: '7' });
  t.equal(most(outgoing({ gid: '7' })), 'accept');
  t.equal(most(outgoing({ gid: '8' })), 'redirect 15001');
  t.end();
});

t.test('interfaces', (t) => {
  for (const mode of ['REDIRECT', 'TPROXY']) {
    const left = under(`-m ${mode} -i * -b * -c net1,net2`);
    for (const name of ['net1', 'net2']) {
      t.equal(left(outgoing({ interface: name })), 'accept', `${mode} ${name} out`);
      t.equal(left(incoming({ interface: name })), 'accept', `${mode} ${name} in`);
    }
    t.equal(left(outgoing()), 'redirect 15001');
    t.match(left(incoming()), / 15006$/);
  }
  const machine = under('-i 10.0.0.0/8 -b * -k vm0');
  t.equal(
    machine(incoming({ interface: 'vm0', destination: '10.1.1.1' })),
    'redirect 15001',
    'a machine’s call goes out',
  );
  t.equal(machine(incoming({ interface: 'vm0', destination: '8.8.8.8' })), 'accept', 'and not to the inbound listener');
  t.equal(machine(incoming({ destination: '8.8.8.8' })), 'redirect 15006');
  t.equal(under('-i * -k vm0')(incoming({ interface: 'vm0', destination: 'fd00::1' })), 'redirect 15001');
  t.end();
});

t.test('DNS', (t) => {
  const facts = host({ hasIpv6: true, servers: { v4: ['10.96.0.10'], v6: ['fd96::10'] } });
  const query = { protocol: 'udp', destinationPort: 53 } as const;
  const servers = under('-i * --redirect-dns', {}, facts);
  t.equal(servers(outgoing({ ...query, destination: '10.96.0.10' })), 'redirect 15053');
  t.equal(servers(outgoing({ ...query, destination: 'fd96::10' })), 'redirect 15053');
  t.equal(servers(outgoing({ ...query, destination: '8.8.8.8' })), 'accept');
  t.equal(servers(outgoing({ ...query, destination: '10.96.0.10', uid: '1337' })), 'accept', "the agent's own");
  const all = under('-i * --redirect-dns --capture-all-dns', {}, facts);
  t.equal(all(outgoing({ ...query, destination: '8.8.8.8' })), 'redirect 15053');
  t.equal(all(outgoing({ destinationPort: 53, destination: '8.8.8.8' })), 'redirect 15053');
  t.equal(
    all(outgoing({ destinationPort: 53, destination: '127.0.0.1', interface: 'lo' })),
    'redirect 15053',
    'a server here',
  );
  const { v4 } = filters(parse('-i * --redirect-dns --capture-all-dns').rules);
  const zone = (packet: Packet): number => fateOf(v4, packet).zone;
  t.equal(zone(outgoing({ ...query })), 2, 'the application and the agent');
  t.equal(zone(outgoing({ ...query, uid: '1337' })), 1, 'the agent and the server');
  t.equal(zone(outgoing({ protocol: 'udp', sourcePort: 15_053, gid: '1337' })), 2);
  t.equal(zone(incoming({ protocol: 'udp', sourcePort: 53 })), 1);
  t.equal(zone(incoming()), 0);
  t.end();
});

t.test('packets of no known connection', (t) => {
  for (const mode of ['REDIRECT', 'TPROXY']) {
    t.equal(under(`-b * -m ${mode} --drop-invalid`)(incoming({ state: 'INVALID' })), 'drop', mode);
    t.not(under(`-b * -m ${mode}`)(incoming({ state: 'INVALID' })), 'drop', mode);
  }
  t.end();
});

t.test('IPv6 as IPv4', (t) => {
  for (const mode of ['REDIRECT', 'TPROXY']) {
    const verdict = under(`-i * -b * -d 15020 -m ${mode}`);
    const there = { source: 'fd77::2', destination: 'fd77::1' };
    const here = { source: 'fd77::1', destination: 'fd77::2' };
    t.equal(verdict(outgoing(there)), 'redirect 15001');
    t.match(verdict(incoming(here)), / 15006$/);
    t.equal(verdict(incoming({ ...here, destinationPort: 15_020 })), 'accept');
    t.equal(verdict(outgoing({ ...there, uid: '1337' })), 'accept');
    t.equal(verdict(outgoing({ source: '::1', destination: '::1', interface: 'lo' })), 'accept');
    t.equal(
      verdict(outgoing({ source: '::6', destination: 'fd77::2', interface: 'lo', uid: '1337' })),
      'accept',
      '::6',
    );
  }
  const { v6 } = filters(parse('-i * -b *', {}, host({ hasIpv6: true })).rules);
  t.equal(v6.size, 0, 'not without --dual-stack where there is IPv4');
  t.end();
});
