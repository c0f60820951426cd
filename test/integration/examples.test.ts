// The examples that need something made first: what their comments say to do leads to a configuration that is valid.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';

t.test('mtls: certificates.sh, then validate', async (t) => {
  const dir = t.testdir({});
  mkdirSync(join(dir, 'examples'));
  cpSync('examples/mtls', join(dir, 'examples/mtls'), { recursive: true, filter: (from) => !from.includes('/pki') });
  const made = spawnSync('sh', ['examples/mtls/certificates.sh'], { cwd: dir, encoding: 'utf8' });
  t.equal(made.status, 0, made.stderr);
  const { status, stdout, stderr } = spawnSync(resolve('bin/remora'), ['validate', 'examples/mtls/envoy.yaml'], {
    cwd: dir,
    encoding: 'utf8',
  });
  t.match({ status, stdout, stderr }, { status: 0, stdout: /OK/, stderr: '' });
});
