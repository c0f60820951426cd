// Failures of the system's programs in plain words, with programs that are played.
import t from 'tap';
import { buildRules } from '../../../src/interception/build-rules.ts';
import { type CommandResult, commandRunner, type RunCommand } from '../../../src/interception/commands.ts';
import { chooseFirewall } from '../../../src/interception/firewall.ts';
import { probePlan } from '../../../src/interception/probe.ts';
import { routeSteps } from '../../../src/interception/routes.ts';
import { host, parse } from './support.ts';

const RULES = buildRules(parse('-i *').rules).v4;

function playing(answers: (program: string, args: readonly string[]) => Partial<CommandResult>): RunCommand {
  return async (program, args) => ({ code: 0, stdout: '', stderr: '', ...answers(program, args) });
}

t.test('no rights', async (t) => {
  const run = playing(() => ({
    code: 4,
    stderr: 'iptables-save: Could not fetch rule set: Permission denied (you must be root)',
  }));
  const firewall = await chooseFirewall(run, { native: false, binary: 'iptables' });
  await t.rejects(firewall.apply(4, RULES), {
    message: /reading the present rules failed: this needs root with the capabilities NET_ADMIN/,
  });
});

t.test('the line that is refused is shown', async (t) => {
  const run = playing((program) =>
    program === 'iptables-restore'
      ? { code: 2, stderr: 'iptables-restore v1.8.9: unknown option\nError occurred at line: 2\n' }
      : {},
  );
  const firewall = await chooseFirewall(run, { native: false, binary: 'iptables' });
  await t.rejects(firewall.apply(4, RULES), {
    message: /writing the rules for IPv4 failed.*which is: :ISTIO_OUTPUT/s,
  });
});

t.test('a kernel without the module; a lock that is held', async (t) => {
  for (const [stderr, words] of [
    ["can't initialize ip6tables table `nat': Table does not exist", /the kernel lacks a module/],
    ['Another app is currently holding the xtables lock.', /another program holds the lock/],
    ['', /it said nothing/],
  ] as const) {
    const run = playing((program) => (program.endsWith('-restore') ? { code: 1, stderr } : {}));
    const firewall = await chooseFirewall(run, { native: false, binary: 'iptables-legacy' });
    await t.rejects(firewall.apply(6, RULES), { message: words });
  }
});

t.test('a program that is not there', async (t) => {
  const run = commandRunner({ networkNamespace: '', ownLock: false });
  await t.rejects(run('ip6tables-of-nowhere', []), {
    message: "'ip6tables-of-nowhere' is not installed here (package iptables)",
  });
});

t.test('the iptables that is in use is taken', async (t) => {
  const names: string[] = [];
  const run: RunCommand = async (program) => {
    names.push(program);
    return { code: 0, stdout: program === 'iptables-legacy-save' ? '*nat\n-A OUTPUT -j X\n' : '', stderr: '' };
  };
  const { name } = await chooseFirewall(run, { native: false, binary: '' }).catch(() => ({ name: 'none' }));
  t.ok(['iptables', 'iptables-legacy', 'nft', 'none'].includes(name), name);
  t.equal(name === 'iptables-legacy', names.includes('iptables-legacy-save'), 'where it is installed');
  t.equal((await chooseFirewall(run, { native: true, binary: '' })).name, 'nft', 'nft when it is asked for');
});

t.test('routes', (t) => {
  const steps = (line: string): string[] =>
    routeSteps(parse(line, {}, host({ hasIpv6: true })).rules).map(({ args }) => args.join(' '));
  t.same(steps('-b *'), []);
  t.same(steps('-b * --dual-stack'), ['-6 addr add ::6/128 dev lo']);
  t.same(steps('-b * -m TPROXY -t 7 -r 9'), [
    '-4 rule add fwmark 7 lookup 9',
    '-4 route replace local default dev lo table 9',
  ]);
  t.same(steps('-m TPROXY'), [], 'nothing is captured');
  t.end();
});

t.test('which connection is tried', (t) => {
  const plan = (line: string, uid: number, address = '10.77.0.2'): unknown =>
    probePlan(parse(line).rules, { port: 15_002, timeoutMs: 1, address }, uid);
  t.match(plan('-i *', 0), { listenPort: 15_001, host: '192.0.2.1', port: 15_002 });
  t.match(plan('-i *', 0, 'fd77::2'), { host: '2001:db8::1' });
  t.match(plan('-i 10.5.0.0/16', 0), { host: '10.5.0.0' });
  t.equal(plan('', 0), null);
  t.match(plan('', 1337), { listenPort: 15_006, host: '10.77.0.2' });
  t.equal(plan('', 1337, ''), null);
  t.end();
});
