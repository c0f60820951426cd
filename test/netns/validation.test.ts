// --run-validation: a real connection shows whether the rules are in force; as the proxy's user without any rights.
import { join } from 'node:path';
import t from 'tap';
import {
  checkoutIsReadable,
  type Host,
  netnsSkip,
  network,
  type Output,
  PROXY_ID,
  programSkip,
} from './support/namespaces.ts';

const program = join(import.meta.dirname, '../../bin/remora-iptables');
const PROXY = { uid: PROXY_ID, gid: PROXY_ID };

function start(host: Host, line: string, user?: typeof PROXY): Output {
  return host.run([program, ...line.split(' ')], user);
}

t.test('rules are written and found in force', { skip: netnsSkip }, (t) => {
  const { pod, close } = network();
  t.teardown(close);
  const written = start(
    pod,
    'istio-iptables -p 15001 -z 15006 -u 1337 -i * -b * --run-validation --log_output_level=default:info',
  );
  t.match(written, { code: 0, err: /checked: a connection to 192\.0\.2\.1 comes to port 15001/ });
  t.match(start(pod, '-i * --run-validation --skip-rule-apply'), { code: 0 });
  t.match(start(pod, '-i * --run-validation --skip-rule-apply -p 15999 --probe-timeout 300ms'), {
    code: 126,
    err: /not captured: a connection to 192\.0\.2\.1 did not come to port 15999/,
  });
  if (checkoutIsReadable(PROXY)) {
    t.match(start(pod, '-i * -b * --run-validation --skip-rule-apply', PROXY), { code: 0, err: /comes to port 15006/ });
  }
  t.equal(start(pod, '--clean').code, 0);
  const missing = start(pod, '-i * --run-validation --skip-rule-apply --probe-timeout 300ms');
  t.match(missing, { code: 126, err: /error: the interception rules are not in force/ });
  t.end();
});

t.test('without rights', { skip: netnsSkip }, (t) => {
  if (!checkoutIsReadable(PROXY)) return t.end();
  const { pod, close } = network();
  t.teardown(close);
  t.match(start(pod, '-i * -b *', PROXY), {
    code: 1,
    err: /error: reading the present rules failed: this needs root with/,
  });
  t.match(start(pod, '-i * -b * -m TPROXY', PROXY), { code: 1, err: /this needs root with/ });
  t.end();
});

t.test('--network-namespace names where, also for the lock', { skip: programSkip('nsenter') }, (t) => {
  const { client, pod, close } = network();
  t.teardown(close);
  const path = `/var/run/netns/${pod.name}`;
  t.match(start(client, `-i * --network-namespace ${path} --cni-mode`), { code: 0 });
  t.match(pod.run(['iptables-save']).out, /-A OUTPUT -j ISTIO_OUTPUT/);
  t.notMatch(client.run(['iptables-save']).out, /ISTIO/);
  pod.ip('addr', 'flush', 'dev', 'eth0', 'scope', 'global');
  pod.ip('-6', 'addr', 'add', 'fd77::2/64', 'dev', 'eth0', 'nodad');
  t.match(start(client, `-i * --network-namespace ${path}`), { code: 0, err: /IPv4 and IPv6/ }, 'its addresses count');
  t.match(start(client, `-i * --network-namespace ${path} --run-validation`), {
    code: 1,
    err: /--run-validation connects/,
  });
  t.match(start(client, '-i * --network-namespace /var/run/netns/not-there'), { code: 1, err: /not-there/ });
  t.end();
});
