// Options: where they come from, what counts first, and what is wrong with them.
import t from 'tap';
import { nameservers, userIdIn } from '../../../src/interception/host-facts.ts';
import { parseFlags } from '../../../src/interception/parse-flags.ts';
import { InterceptionOptionsError } from '../../../src/interception/parse-options.ts';
import { host, parse } from './support.ts';

function problems(work: () => unknown): readonly string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof InterceptionOptionsError) return error.problems;
    throw error;
  }
}

t.test('flags as pflag reads them', (t) => {
  const given = (line: string): object => Object.fromEntries(parseFlags(line.split(' ')));
  t.same(given('-p 1 -z2 -u=3 --proxy-gid 4 --istio-inbound-ports=* -x='), {
    'envoy-port': '1',
    'inbound-capture-port': '2',
    'proxy-uid': '3',
    'proxy-gid': '4',
    'istio-inbound-ports': '*',
    'istio-service-exclude-cidr': '',
  });
  t.same(given('-nf=false -i *'), { 'dry-run': 'true', 'restore-format': 'false', 'istio-service-cidr': '*' });
  t.same(given('-h'), { help: 'true' });
  t.same(given('--redirect-dns --capture-all-dns=false'), { 'redirect-dns': 'true', 'capture-all-dns': 'false' });
  t.same(parseFlags(['-x', '', '-d', '1,2']).get('istio-service-exclude-cidr'), '', 'an empty word is a value');
  t.same(
    problems(() => parseFlags(['--service-cidr', '-y', 'x', '-p'])),
    [
      'there is no flag --service-cidr; --istio-service-cidr is meant?',
      'there is no flag -y',
      "'x' is not a flag",
      '-p needs a value',
    ],
  );
  t.end();
});

t.test('without flags', (t) => {
  const { rules, run, notes } = parse('');
  t.match(rules, {
    proxyPort: 15_001,
    inboundCapturePort: 15_006,
    inboundTunnelPort: '15008',
    proxyUids: ['1337'],
    proxyGids: ['1337'],
    mode: 'REDIRECT',
    tproxyMark: 1337,
    tproxyRouteTable: 133,
    inboundPorts: [],
    outboundRanges: { v4: [], v6: [] },
    ownerGroups: { all: true, except: [] },
    loopbackV4: '127.0.0.1/32',
    dns: null,
    dropInvalid: false,
    ipv6: false,
  });
  t.match(run, { action: 'apply', restoreFormat: true, validate: false, probePort: 15_002, probeTimeoutMs: 5000 });
  t.same(notes, []);
  t.end();
});

t.test('the command line counts before the environment', (t) => {
  const environment = {
    PROXY_PORT: '1',
    INBOUND_CAPTURE_PORT: '2',
    ISTIO_INBOUND_INTERCEPTION_MODE: 'TPROXY',
    ISTIO_INBOUND_TPROXY_MARK: '0x10',
    ISTIO_SERVICE_CIDR: '10.0.0.0/8,fd00::/8',
    ISTIO_SERVICE_EXCLUDE_CIDR: '10.1.0.0/16',
    ISTIO_INBOUND_PORTS: '80, 443',
    ISTIO_LOCAL_EXCLUDE_PORTS: '22',
    ISTIO_OUTBOUND_PORTS: '9000-9010',
    ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE: '3306',
    ISTIO_EXCLUDE_INTERFACES: 'net1',
    KUBE_VIRT_INTERFACES: 'vm0,vm1',
    PROXY_UID: '101',
    ISTIO_META_DNS_CAPTURE: 'true',
    INVALID_DROP: '1',
    ISTIO_DUAL_STACK: 'true',
    PROBE_TIMEOUT: '1m0.5s',
    DRY_RUN: 't',
  };
  const { rules, run } = parse('-p 7 -b= --istio-local-exclude-ports 23', environment, host({ hasIpv6: true }));
  t.match(rules, {
    proxyPort: 7,
    inboundCapturePort: 2,
    mode: 'TPROXY',
    tproxyMark: 16,
    outboundRanges: { v4: ['10.0.0.0/8'], v6: ['fd00::/8'] },
    outboundRangesExcluded: { v4: ['10.1.0.0/16'], v6: [] },
    inboundPorts: [],
    inboundPortsExcluded: ['23'],
    outboundPorts: ['9000:9010'],
    outboundPortsExcluded: ['3306'],
    excludedInterfaces: ['net1'],
    rerouteInterfaces: ['vm0', 'vm1'],
    proxyUids: ['101'],
    proxyGids: ['101'],
    dns: { servers: { v4: ['10.96.0.10/32'], v6: [] } },
    dropInvalid: true,
    ipv6: true,
  });
  t.match(run, { action: 'print', probeTimeoutMs: 60_500 });
  t.match(parse('', { ENVOY_PORT: '9', PROXY_PORT: '8' }).rules.proxyPort, 9, "Istio's name first");
  t.end();
});

t.test('all that is wrong is said at once', (t) => {
  const line =
    '-p 0 -m BOTH -i 10.0.0.1,10.0.0.0/33,fd00::1,x -b 80,http,70000 -d 9-8 -u 1;2 -c a/b -t abc --probe-timeout 5 --dual-stack=maybe';
  const environment = {
    ISTIO_OUTBOUND_OWNER_GROUPS: Array.from({ length: 65 }, (_, i) => i).join(','),
    ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR: '10.0.0.0/8',
    FORCE_IPTABLES_BINARY: 'rm',
  };
  const found = problems(() => parse(line, environment, host({ hasIpv6: true })));
  for (const words of [
    "-p, --envoy-port: '0' is not a number from 1 to 65535",
    "-m, --istio-inbound-interception-mode: 'BOTH' is not REDIRECT or TPROXY",
    "-i, --istio-service-cidr: '10.0.0.1' is not an address range: write 10.0.0.1/32",
    "-i, --istio-service-cidr: '10.0.0.0/33' is not an address range as 10.0.0.0/8",
    "-i, --istio-service-cidr: 'fd00::1' is not an address range: write fd00::1/128",
    "-i, --istio-service-cidr: 'x' is not an address range as 10.0.0.0/8",
    "-b, --istio-inbound-ports: 'http' is not a port or a range of ports as 8000:8010",
    "-b, --istio-inbound-ports: '70000' is not a port or a range of ports as 8000:8010",
    "-d, --istio-local-exclude-ports: '9-8' is not a port or a range of ports as 8000:8010",
    "-u, --proxy-uid: '1;2' is not a user or group, by number or name",
    "-c, --istio-exclude-interfaces: 'a/b' is not the name of an interface",
    "-t, --istio-inbound-tproxy-mark: 'abc' is not a number from 1 to 4294967295",
    "--probe-timeout: '5' is not a duration like 5s",
    "--dual-stack: 'maybe' is not true or false",
    'ISTIO_OUTBOUND_OWNER_GROUPS: 65 groups are more than one rule can hold (64)',
    "ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR: '10.0.0.0/8' is not a range within 127.0.0.0/8",
    "--force-iptables-binary: 'rm' is not iptables, iptables-nft or iptables-legacy",
  ]) {
    t.ok(found.includes(words), words);
  }
  t.equal(found.length, 17, found.join('\n'));
  t.end();
});

t.test('the host is asked', (t) => {
  const both = host({ hasIpv6: true });
  t.match(parse('', {}, both), { rules: { ipv6: false }, notes: [/IPv6 is not captured/] });
  t.match(parse('--dual-stack', {}, both), { rules: { ipv6: true }, notes: [] });
  t.match(parse('', {}, host({ hasIpv4: false, hasIpv6: true })).rules.ipv6, true, 'IPv6 alone needs no flag');
  t.match(parse('--dual-stack').rules.ipv6, false, 'nothing to capture');
  const known = host({ userId: (name) => (name === 'envoy' ? '101' : undefined) });
  t.match(parse('', { ENVOY_USER: 'envoy' }, known).rules, { proxyUids: ['101'], proxyGids: ['101'] });
  const silent = host({ servers: { v4: [], v6: [] } });
  t.match(parse('--redirect-dns', {}, silent), { rules: { dns: null }, notes: [/names no server/] });
  t.match(parse('--redirect-dns --capture-all-dns', {}, silent), { rules: { dns: { servers: 'all' } }, notes: [] });
  t.match(parse('--capture-all-dns'), { rules: { dns: null }, notes: [/does nothing without/] });
  t.same(
    nameservers('# nameserver 9.9.9.9\nnameserver 10.0.0.1\n nameserver\tfd00::1%eth0\nsearch x\nnameserver what\n'),
    {
      v4: ['10.0.0.1'],
      v6: ['fd00::1'],
    },
  );
  t.equal(userIdIn('root:x:0:0::/:\nenvoy:x:101:102::/:', 'envoy'), '101');
  t.equal(userIdIn('', 'envoy'), undefined);
  t.end();
});
