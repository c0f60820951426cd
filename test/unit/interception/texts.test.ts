// Texts: one transaction for iptables-restore from what stands to what is wished, and nft's.
import t from 'tap';
import { buildRules } from '../../../src/interception/build-rules.ts';
import { commandLines, readInstalled, restoreText } from '../../../src/interception/iptables-text.ts';
import { nftText } from '../../../src/interception/nft-text.ts';
import { parse } from './support.ts';

const SMALL = buildRules(parse('-b 80 -i 10.0.0.0/8').rules).v4;

t.test('a first time', (t) => {
  const lines = restoreText(SMALL, new Map()).split('\n');
  t.equal(lines[0], '*nat');
  t.same(
    lines.filter((line) => line.startsWith(':')),
    [':ISTIO_INBOUND - [0:0]', ':ISTIO_IN_REDIRECT - [0:0]', ':ISTIO_OUTPUT - [0:0]', ':ISTIO_REDIRECT - [0:0]'],
  );
  t.notMatch(lines, [/^-[DX]/]);
  t.ok(lines.includes('-A OUTPUT -j ISTIO_OUTPUT'));
  t.same(lines.slice(-2), ['COMMIT', '']);
  t.end();
});

const SAVED = `# Generated
*mangle
:PREROUTING ACCEPT [0:0]
:ISTIO_PREROUTING - [0:0]
-A PREROUTING -j ISTIO_PREROUTING
-A ISTIO_PREROUTING -m conntrack --ctstate INVALID -j DROP
COMMIT
*nat
:PREROUTING ACCEPT [1:60]
:OUTPUT ACCEPT [1:60]
:ISTIO_OUTPUT - [0:0]
:ISTIO_OLD - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -p tcp -m comment --comment "to ISTIO_OUTPUT" -j KUBE-SERVICES
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_OUTPUT -j ISTIO_OLD
-A ISTIO_OUTPUT -j RETURN
COMMIT
*filter
:ISTIO_OF_OTHERS - [0:0]
COMMIT
`;

t.test('over older rules: jumps go, chains are emptied, those not wished any more go, others stay', (t) => {
  const installed = readInstalled(SAVED);
  t.same([...installed.keys()], ['mangle', 'nat']);
  t.same(installed.get('nat')?.sizes.get('ISTIO_OUTPUT'), 2);
  const text = restoreText(SMALL, installed);
  t.match(text, '*mangle\n:ISTIO_PREROUTING - [0:0]\n-D PREROUTING -j ISTIO_PREROUTING\n-X ISTIO_PREROUTING\nCOMMIT\n');
  t.match(text, ':ISTIO_OLD - [0:0]\n');
  t.match(text, '-D OUTPUT -p tcp -j ISTIO_OUTPUT\n');
  t.match(text, '-X ISTIO_OLD\nCOMMIT\n');
  t.notMatch(text, /KUBE|ISTIO_OF_OTHERS|-X ISTIO_OUTPUT/);
  t.end();
});

t.test('nothing wished', (t) => {
  t.equal(restoreText(new Map(), new Map()), '');
  t.equal(
    restoreText(new Map(), readInstalled('*nat\n:ISTIO_OUTPUT - [0:0]\n-A OUTPUT -j ISTIO_OUTPUT\nCOMMIT\n')),
    '*nat\n:ISTIO_OUTPUT - [0:0]\n-D OUTPUT -j ISTIO_OUTPUT\n-X ISTIO_OUTPUT\nCOMMIT\n',
  );
  t.end();
});

t.test('single commands', (t) => {
  const text = commandLines('iptables', buildRules(parse('-b * -i * -k vm0').rules).v4);
  t.match(text, /^iptables -t nat -N ISTIO_/);
  t.match(text, 'iptables -t nat -I PREROUTING 1 -i vm0 -j ISTIO_REDIRECT\n');
  t.match(text, 'iptables -t nat -A OUTPUT -j ISTIO_OUTPUT\n');
  t.end();
});

t.test('nft', (t) => {
  t.equal(
    nftText(4, new Map()),
    'add table ip remora_interception\ndelete table ip remora_interception\n',
    'removal that never fails',
  );
  const { v4 } = buildRules(parse('-b 80,8000:8010 -i * -m TPROXY -c eth+ --redirect-dns --drop-invalid').rules);
  const text = nftText(4, v4);
  t.match(text, 'type route hook output priority -150; policy accept;');
  t.match(text, 'type nat hook output priority -100; policy accept;');
  t.match(text, 'meta l4proto tcp tcp dport { 8000-8010 } jump mangle_istio_tproxy\n');
  t.match(text, 'tproxy to :15006 meta mark set 1337 accept\n');
  t.match(text, 'iifname "eth*" return\n');
  t.match(text, 'ct state invalid jump mangle_istio_drop\n');
  t.match(text, 'meta l4proto udp udp dport { 53 } meta skuid 1337 ct zone set 1\n');
  t.match(text, 'meta l4proto tcp ct mark 1337 meta mark set ct mark\n');
  t.end();
});
