import { renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { RuntimeFlag, RuntimeInteger, RuntimeNumber } from '../../../../src/base/runtime.ts';
import { StatsStore } from '../../../../src/observability/stats/store.ts';
import { withoutComments } from '../../../../src/server/runtime/disk-layer.ts';
import { runtimeEntry } from '../../../../src/server/runtime/entry.ts';
import { LayeredRuntime } from '../../../../src/server/runtime/layered-runtime.ts';
import type { RuntimeLayerConfig } from '../../../../src/server/runtime/runtime-config.ts';
import { MemoryLog } from '../../../support/memory-log.ts';
import { until } from '../../../support/until.ts';

const staticLayer = (name: string, values: Record<string, number | string | boolean>): RuntimeLayerConfig => ({
  kind: 'static',
  name,
  entries: new Map(Object.entries(values).map(([key, value]) => [key, runtimeEntry(value)])),
});

const stats = (): StatsStore => new StatsStore({ filter: null });

t.test('a value is a number, a boolean or a share by what it looks like', (t) => {
  const values = { i: 5, half: 1.5, minus: -1, text: '7', word: 'x', yes: 'TRUE', no: false };
  const runtime = new LayeredRuntime([staticLayer('s', values)], stats());
  t.same([runtime.integer('i', 0), runtime.integer('half', 0), runtime.integer('minus', 9)], [5, 1, 9]);
  t.same([runtime.number('half', 0), runtime.number('minus', 0), runtime.number('text', 0)], [1.5, -1, 7]);
  t.same([runtime.number('word', 3), runtime.integer('none', 4)], [3, 4]);
  t.same(
    [runtime.boolean('yes', false), runtime.boolean('no', true), runtime.boolean('word', true)],
    [true, false, true],
  );
  t.same(runtime.share('half'), { numerator: 1, denominator: 100 });
  t.equal(runtime.share('minus'), undefined);
  t.end();
});

t.test('numbers are shown with six digits', (t) => {
  const shown = [5, 12345678, 0.000012345, 123456, 1e20, 0].map((value) => runtimeEntry(value).text);
  t.same(shown, ['5', '1.23457e+07', '1.2345e-05', '123456', '1e+20', '0']);
  t.end();
});

t.test('the admin layer: all or nothing, kept over a reload of the bootstrap, readers follow', async (t) => {
  const admin: RuntimeLayerConfig = { kind: 'admin', name: 'admin' };
  const runtime = new LayeredRuntime([staticLayer('s', { a: 1 }), admin], stats());
  const integer = new RuntimeInteger(3, 'a', runtime);
  const number = new RuntimeNumber(0.5, 'ratio', runtime);
  const flag = new RuntimeFlag(false, 'flag', runtime);
  const without = new RuntimeInteger(3, '', runtime);
  t.equal(integer.value, 1);
  const problem = await runtime.setInAdminLayer(
    new Map([
      ['a', '2'],
      ['b', '[1'],
    ]),
  );
  t.match(problem, /^the value of b is no YAML/);
  t.equal(integer.value, 1);
  t.equal(
    await runtime.setInAdminLayer(
      new Map([
        ['a', '2'],
        ['ratio', '0.25'],
        ['flag', 'true'],
        ['', '9'],
      ]),
    ),
    null,
  );
  t.same([integer.value, number.value, flag.value, without.value], [2, 0.25, true, 3]);
  await runtime.replace([staticLayer('s', { a: 7 }), admin]);
  t.equal(integer.value, 2);
  await runtime.setInAdminLayer(new Map([['a', '']]));
  t.equal(integer.value, 7);
  await runtime.replace([staticLayer('s', { a: 7 })]);
  t.equal(number.value, 0.5, 'no admin layer, no override');
});

t.test('a switch of Envoy’s own code is named once', async (t) => {
  const { lines } = MemoryLog.capture();
  const runtime = new LayeredRuntime([staticLayer('s', { 'envoy.reloadable_features.x': true })], stats());
  await runtime.start();
  t.equal(lines.filter((line) => line.includes('envoy.reloadable_features.x')).length, 1);
});

// covers: envoy.config.bootstrap.v3.RuntimeLayer.DiskLayer.{symlink_root, subdirectory, append_service_cluster}
t.test('a folder is read again when the link to it is swapped, not when a file changes', async (t) => {
  const dir = t.testdir({ v1: { on: '1' }, v2: { on: '2', big: 'x'.repeat(2 ** 20 + 1) }, v3: { on: '3' } });
  symlinkSync('v1', join(dir, 'current'));
  const root = join(dir, 'current');
  const runtime = new LayeredRuntime([{ kind: 'disk', name: 'd', root, folder: root }], stats());
  t.teardown(() => runtime.stop());
  t.equal(runtime.integer('on', 0), 0, 'nothing is read before the start');
  await runtime.start();
  t.equal(runtime.integer('on', 0), 1);
  writeFileSync(join(dir, 'v1', 'on'), '5');
  const swap = (target: string): void => {
    symlinkSync(target, join(dir, 'next'));
    renameSync(join(dir, 'next'), root);
  };
  swap('v3');
  await until(() => runtime.integer('on', 0) === 3, 'the other folder');
  swap('v2');
  await until(() => runtime.stats.loadError.value === 1, 'a folder with a file that is too large');
  t.equal(runtime.integer('on', 0), 0);
  t.same(runtime.layers, []);
});

t.test('comments, and lines that equal the last', (t) => {
  t.equal(withoutComments('# x\n5  \n'), '5');
  t.equal(withoutComments('# x\n'), '');
  t.equal(withoutComments('a\n\nb\n#x\n'), 'a\nb\n');
  t.equal(withoutComments('7\n7\n'), '77');
  t.end();
});
