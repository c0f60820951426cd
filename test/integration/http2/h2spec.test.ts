// h2spec, which nobody here wrote, against a listener of HTTP/2: every case, strictly. Needs Go, whose module proxy it comes
// from; a machine without Go skips it by name.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import t from 'tap';
import { remora } from '../../support/remora.ts';
import { upstream } from './upstreams.ts';

const goes = spawnSync('go', ['version']).status === 0;
const folder = resolve('node_modules/.cache/h2spec');
const version = 'v2.2.1+incompatible';

t.test('h2spec --strict', { skip: goes ? false : 'go is not installed', timeout: 300_000 }, async (t) => {
  const environment = { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' };
  const built = spawn('go', ['install', `github.com/summerwind/h2spec/cmd/h2spec@${version}`], { env: environment });
  const words: string[] = [];
  built.stderr.on('data', (text: Buffer) => words.push(text.toString()));
  const [code] = (await once(built, 'close')) as [number];
  if (code !== 0) {
    t.fail(`h2spec could not be built: ${words.join('')}`);
    return;
  }
  // It answers when it has the whole request: an earlier answer ends streams before their mistake comes.
  const app = await upstream(t, (request, response) => request.resume().on('end', () => response.end('some words')));
  const proxy = await remora(t, { connectionManager: { codecType: 'HTTP2' } }).to(app);
  const spec = spawn(`${folder}/h2spec`, ['-h', '127.0.0.1', '-p', String(proxy.port), '--strict', '-o', '3']);
  let output = '';
  spec.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  await once(spec, 'close');
  const failures = output.slice(output.indexOf('Failures'));
  t.match(output, /146 tests, 146 passed, 0 skipped, 0 failed/, failures);
});
