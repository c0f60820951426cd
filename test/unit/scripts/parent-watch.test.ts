// `npm start` must end with its npm, however that was ended: here a process that plays npm is killed by its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';

const watch = join(import.meta.dirname, '../../../scripts/parent-watch.ts');
const script = `
  import { watchNpm } from ${JSON.stringify(watch)};
  const alive = setInterval(() => {}, 1000);
  watchNpm(() => { clearInterval(alive); process.stdout.write('gone\\n'); }, 10);
  process.stdout.write('ready ' + process.pid + '\\n');
`;

/** Runs the script below `npm`, a process that only waits; its output comes through. */
function start(below: string, environment: Record<string, string>): ChildProcess {
  const npm = `require('node:child_process').spawn(...JSON.parse(process.env.COMMAND), { stdio: 'inherit' }); setInterval(() => {}, 1000);`;
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e'];
  const command =
    below === 'shell'
      ? ['sh', ['-c', `'${node.join("' '")}' "$SCRIPT"; exit $?`]]
      : [node[0], [...node.slice(1), script]];
  const env = { ...process.env, ...environment, COMMAND: JSON.stringify(command), SCRIPT: script };
  if (environment['npm_lifecycle_event'] === undefined) delete (env as NodeJS.ProcessEnv)['npm_lifecycle_event'];
  return spawn(process.execPath, ['-e', npm], { stdio: ['ignore', 'pipe', 'inherit'], env });
}

async function outputUntil(child: ChildProcess, word: string, before = ''): Promise<string> {
  let text = before;
  while (!text.includes(word)) text += String((await once(child.stdout as NodeJS.ReadableStream, 'data'))[0]);
  return text;
}

for (const below of ['shell', 'directly']) {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    t.test(`ends with an npm that ${signal} ended, run ${below}`, async (t) => {
      const npm = start(below, { npm_lifecycle_event: 'start' });
      await outputUntil(npm, '\n');
      npm.kill(signal);
      await outputUntil(npm, 'gone');
      // Its output ends when it has.
      if (npm.stdout?.readableEnded !== true) await once(npm.stdout as NodeJS.ReadableStream, 'end');
      t.pass('gone');
    });
  }
}

t.test('stays without npm', async (t) => {
  const parent = start('directly', {});
  const pid = Number(/ready (\d+)/.exec(await outputUntil(parent, '\n'))?.[1]);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  t.doesNotThrow(() => process.kill(pid, 0), 'it runs');
  process.kill(pid, 'SIGKILL');
});
