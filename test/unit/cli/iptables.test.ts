// `remora iptables` and `remora-iptables` as a shell starts them, as far as nothing is changed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';

const bin = join(import.meta.dirname, '../../../bin');

function start(
  program: string,
  args: string[],
  variables: NodeJS.ProcessEnv = {},
): { code: number | null; out: string; err: string } {
  const env = { ...process.env, NODE_OPTIONS: '', REMORA_DIST: '', ...variables };
  const { status, stdout, stderr } = spawnSync(join(bin, program), args, { encoding: 'utf8', env, timeout: 30_000 });
  return { code: status, out: stdout, err: stderr };
}

t.test('--dry-run prints and does nothing', (t) => {
  const flags = [
    '-p',
    '15001',
    '-z',
    '15006',
    '-u',
    '1337',
    '-m',
    'REDIRECT',
    '-i',
    '*',
    '-x',
    '',
    '-b',
    '*',
    '-d',
    '15090,15021,15020',
  ];
  const { code, out } = start('remora-iptables', [...flags, '--dry-run', '--clean']);
  t.equal(code, 0);
  t.match(out, /^# iptables-restore --noflush\n\*nat\n/);
  t.match(out, '-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001\n');
  t.equal(start('remora', ['iptables', 'print', ...flags]).out, out, 'remora iptables print is the same');
  t.match(start('remora', ['iptables', 'print', '-i', '*', '-f=false']).out, /^iptables -t nat -N ISTIO_/);
  t.match(start('remora', ['iptables', 'print', '-i', '*', '--native-nftables']).out, /^# nft -f -\nadd table ip /);
  t.match(
    start('remora-iptables', ['-n'], { ISTIO_SERVICE_CIDR: '10.0.0.0/8' }).out,
    '-d 10.0.0.0/8 -j ISTIO_REDIRECT',
  );
  t.end();
});

t.test('wrong command lines', (t) => {
  t.match(start('remora-iptables', ['--bogus', '-n']), { code: 1, out: '', err: 'error: there is no flag --bogus\n' });
  t.match(start('remora', ['iptables', 'aply']), {
    code: 1,
    out: '',
    err: "error: 'aply' is not one of apply, clean, print, check\n",
  });
  t.match(start('remora', ['iptables', 'print', '-m', 'x', '-p', 'y']), {
    code: 1,
    err: /error: -m, .*\nerror: -p, |error: -p, .*\nerror: -m, /,
  });
  t.end();
});

t.test('help', (t) => {
  const { code, out } = start('remora-iptables', ['--help']);
  t.equal(code, 0);
  for (const words of ['-b, --istio-inbound-ports LIST', 'ISTIO_LOCAL_EXCLUDE_PORTS', 'ISTIO_OUTBOUND_OWNER_GROUPS '])
    t.match(out, words);
  t.equal(start('remora', ['iptables', '--help']).out, out);
  t.match(start('remora', ['--help']).out, /iptables .*send a pod's connections through the proxy/);
  t.end();
});
