// Files as configuration management changes them.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { directoriesOnTheWay, FileWatch } from '../../../src/base/file-watch.ts';
import { turns, until } from '../../support/until.ts';

interface Watched {
  /** Contents at each change that was told. */
  readonly seen: string[];
  expect(content: string): Promise<void>;
}

function watched(t: Test, path: string, extra: readonly string[] = []): Watched {
  const seen: string[] = [];
  const watch = new FileWatch(path, () => seen.push(readFileSync(path, 'utf8')), extra);
  t.teardown(() => watch.close());
  return { seen, expect: (content) => until(() => seen.at(-1) === content, `'${content}'`) };
}

t.test('a FIFO is not read: it would block the process', (t) => {
  const path = join(t.testdir({}), 'fifo');
  execFileSync('mkfifo', [path]);
  const watch = new FileWatch(path, () => t.fail('it never changes'));
  watch.close();
  t.pass('the watch was made');
  t.end();
});

t.test('written in place, and renamed over', async (t) => {
  const dir = t.testdir({ f: '1' });
  const file = join(dir, 'f');
  const { expect } = watched(t, file);
  appendFileSync(file, '2');
  await expect('12');
  writeFileSync(join(dir, 'new'), '3');
  renameSync(join(dir, 'new'), file);
  await expect('3');
  writeFileSync(file, '4');
  await expect('4');
});

t.test('that it is gone is told once, and what is still written waits', async (t) => {
  const dir = t.testdir({ f: '1' });
  const file = join(dir, 'f');
  let gone = 0;
  const seen: string[] = [];
  const onChange = (): number => seen.push(readFileSync(file, 'utf8'));
  const watch = new FileWatch(file, onChange, [], { onGone: () => gone++, stableMs: 60 });
  t.teardown(() => watch.close());
  writeFileSync(file, '2');
  await turns(50);
  writeFileSync(file, '23');
  await until(() => seen.at(-1) === '23', 'the whole');
  unlinkSync(file);
  await until(() => gone === 1, 'that it is gone');
  writeFileSync(join(dir, 'other'), '');
  writeFileSync(file, '4');
  await until(() => seen.at(-1) === '4', 'the new one');
  t.equal(gone, 1);
});

t.test('deleted and made again', async (t) => {
  const dir = t.testdir({ f: '1' });
  const file = join(dir, 'f');
  const { expect, seen } = watched(t, file);
  unlinkSync(file);
  await turns(50);
  t.same(seen, [], 'a file that is gone is no change');
  writeFileSync(file, '2');
  await expect('2');
});

t.test('not there yet, nor its folder', async (t) => {
  const dir = t.testdir({});
  const file = join(dir, 'a', 'b', 'f');
  const { expect } = watched(t, file);
  mkdirSync(join(dir, 'a', 'b'), { recursive: true });
  writeFileSync(file, '1');
  await expect('1');
  writeFileSync(file, '2');
  await expect('2');
});

t.test('the folder is replaced by another of the same name', async (t) => {
  const dir = t.testdir({ conf: { f: '1' } });
  const file = join(dir, 'conf', 'f');
  const { expect } = watched(t, file);
  mkdirSync(join(dir, 'next'));
  writeFileSync(join(dir, 'next', 'f'), '2');
  renameSync(join(dir, 'conf'), join(dir, 'old'));
  renameSync(join(dir, 'next'), join(dir, 'conf'));
  await expect('2');
  writeFileSync(file, '3');
  await expect('3');
});

t.test('a link above the file is swapped, as Kubernetes does, again and again', async (t) => {
  const dir = t.testdir({ v1: { f: '1' } });
  symlinkSync('v1', join(dir, '..data'));
  symlinkSync('..data/f', join(dir, 'f'));
  const { expect } = watched(t, join(dir, 'f'));
  for (const version of ['2', '3', '4']) {
    mkdirSync(join(dir, `v${version}`));
    writeFileSync(join(dir, `v${version}`, 'f'), version);
    symlinkSync(`v${version}`, join(dir, 'tmp'));
    renameSync(join(dir, 'tmp'), join(dir, '..data'));
    rmSync(join(dir, `v${Number(version) - 1}`), { recursive: true });
    await expect(version);
  }
});

t.test('the same bytes again, and other files of the folder, are no change', async (t) => {
  const dir = t.testdir({ f: '1' });
  const { seen, expect } = watched(t, join(dir, 'f'));
  writeFileSync(join(dir, 'f'), '1');
  writeFileSync(join(dir, 'other'), 'x');
  writeFileSync(join(dir, 'f'), '2');
  await expect('2');
  t.same(seen, ['2']);
});

t.test('nothing is told after close', async (t) => {
  const dir = t.testdir({ f: '1' });
  let told = 0;
  const watch = new FileWatch(join(dir, 'f'), () => told++);
  const { expect } = watched(t, join(dir, 'f'));
  watch.close();
  writeFileSync(join(dir, 'f'), '2');
  await expect('2');
  t.equal(told, 0);
});

t.test('a loop of links ends', (t) => {
  const dir = t.testdir({});
  symlinkSync('b', join(dir, 'a'));
  symlinkSync('a', join(dir, 'b'));
  t.same(directoriesOnTheWay(join(dir, 'a')), [dir]);
  t.end();
});
