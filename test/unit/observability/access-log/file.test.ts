// The writer of access logs on disks that are slow, full or gone.
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { configureLogging } from '../../../../src/base/logger.ts';
import type { FileSystem } from '../../../../src/observability/access-log/file/access-log-file.ts';
import { AccessLogManager } from '../../../../src/observability/access-log/file/access-log-manager.ts';
import { StatsStore } from '../../../../src/observability/stats/store.ts';
import { FakeTimers } from '../../../support/fake-timers.ts';

const said: string[] = [];
configureLogging({ sink: { write: (line) => said.push(line), flush: async () => {}, flushSync() {}, reopen() {} } });

/** A disk that writes when the test says so. */
class FakeDisk implements FileSystem {
  readonly files = new Map<number, string>();
  readonly closed: number[] = [];
  openError: Error | null = null;
  #next = 10;
  #pending: { fd: number; data: Buffer; done: Parameters<FileSystem['write']>[2] }[] = [];

  open(): number {
    if (this.openError !== null) throw this.openError;
    const fd = this.#next++;
    this.files.set(fd, '');
    return fd;
  }

  close(fd: number): void {
    this.closed.push(fd);
  }

  write(fd: number, data: Buffer, done: Parameters<FileSystem['write']>[2]): void {
    this.#pending.push({ fd, data, done });
  }

  writeSync(fd: number, data: Buffer): number {
    const size = Math.min(data.length, 3);
    this.#append(fd, data.subarray(0, size));
    return size;
  }

  get underWay(): number {
    return this.#pending.length;
  }

  /** The oldest write ends: whole, in part, or with an error. */
  finish(limit = Number.POSITIVE_INFINITY, error: NodeJS.ErrnoException | null = null): void {
    const write = this.#pending.shift();
    if (write === undefined) throw new Error('no write is under way');
    const size = error === null ? Math.min(limit, write.data.length) : 0;
    this.#append(write.fd, write.data.subarray(0, size));
    write.done(error, size);
  }

  #append(fd: number, data: Buffer): void {
    this.files.set(fd, (this.files.get(fd) ?? '') + data.toString('latin1'));
  }
}

function setUp(options: { minFlushBytes?: number; maxPendingBytes?: number } = {}) {
  const disk = new FakeDisk();
  const timers = new FakeTimers();
  const stats = new StatsStore();
  const manager = new AccessLogManager({
    stats,
    timers,
    fileSystem: disk,
    flushIntervalMs: 1000,
    minFlushBytes: 100,
    ...options,
  });
  const value = (name: string): number => {
    for (const metric of [...stats.counters(), ...stats.gauges()])
      if (metric.name === `filesystem.${name}`) return metric.value;
    throw new Error(`no statistic ${name}`);
  };
  said.length = 0;
  return { disk, timers, manager, file: manager.file('/log'), value };
}

const failure = (code: string): NodeJS.ErrnoException => Object.assign(new Error(`${code}: it failed`), { code });

t.test('lines wait for the timer, which runs only while some wait', (t) => {
  const { disk, timers, file, value } = setUp();
  t.same(timers.delays(), []);
  file.write('one\n');
  file.write('two\n');
  t.equal(disk.underWay, 0);
  t.equal(value('write_total_buffered'), 8);
  timers.advance(999);
  t.equal(disk.underWay, 0);
  timers.advance(1);
  disk.finish();
  t.equal(disk.files.get(10), 'one\ntwo\n');
  t.same(
    [value('flushed_by_timer'), value('write_buffered'), value('write_completed'), value('write_total_buffered')],
    [1, 2, 1, 0],
  );
  t.same(timers.delays(), []);
  file.write('three\n');
  timers.advance(1000);
  disk.finish();
  t.equal(disk.files.get(10), 'one\ntwo\nthree\n');
  t.end();
});

t.test('enough lines go at once; one write at a time keeps their order', (t) => {
  const { disk, timers, file } = setUp();
  const line = (n: number): string => `${String(n).repeat(49)}\n`;
  for (let n = 1; n <= 8; n++) file.write(line(n));
  t.equal(disk.underWay, 1);
  disk.finish(30);
  t.equal(disk.underWay, 1, 'the rest of a partial write goes first');
  disk.finish();
  for (let n = 0; n < 3; n++) disk.finish();
  t.equal(disk.underWay, 0);
  t.equal(disk.files.get(10), [1, 2, 3, 4, 5, 6, 7, 8].map(line).join(''));
  t.same(timers.delays(), []);
  t.end();
});

t.test('a line longer than the buffer, and bytes above ASCII', (t) => {
  const { disk, file } = setUp();
  const long = `${'\xc3\xa9'.repeat(9000)}\n`;
  file.write('short\n');
  file.write(long);
  disk.finish();
  disk.finish();
  t.equal(disk.files.get(10), `short\n${long}`);
  t.end();
});

t.test('a slow disk costs lines, not memory; that is said once and counted', (t) => {
  const { disk, file, value } = setUp({ minFlushBytes: 100, maxPendingBytes: 1000 });
  const line = `${'x'.repeat(99)}\n`;
  for (let n = 0; n < 100; n++) file.write(line);
  const dropped = value('write_dropped');
  t.ok(dropped > 80 && dropped < 95, `${dropped} dropped`);
  t.ok(value('write_total_buffered') <= 1000 + 200);
  t.equal(said.length, 1);
  t.match(said[0], /access log \/log is too slow/);
  while (disk.underWay > 0) disk.finish();
  t.equal(disk.files.get(10)?.length, (100 - dropped) * 100);
  file.write(line);
  disk.finish();
  t.equal(value('write_total_buffered'), 0);
  t.end();
});

t.test('a full disk is counted and survived', (t) => {
  const { disk, timers, file, value } = setUp();
  for (let n = 0; n < 2; n++) {
    file.write('lost\n');
    timers.advance(1000);
    disk.finish(0, failure('ENOSPC'));
  }
  t.same([value('write_failed'), value('write_completed'), value('write_total_buffered')], [2, 0, 0]);
  t.equal(said.length, 1, 'once for each bad time');
  t.match(said[0], /ENOSPC/);
  file.write('kept\n');
  timers.advance(1000);
  disk.finish();
  t.equal(disk.files.get(10), 'kept\n');
  file.write('lost\n');
  timers.advance(1000);
  disk.finish(0, failure('EIO'));
  t.equal(said.length, 2, 'a new bad time');
  t.end();
});

t.test('a line that a full disk tore is ended before the next one', (t) => {
  const { disk, timers, file, manager, value } = setUp();
  const tear = (): void => {
    file.write('first\nsecond\n');
    timers.advance(1000);
    disk.finish(9);
    disk.finish(0, failure('ENOSPC'));
  };
  tear();
  file.write('third\n');
  timers.advance(1000);
  disk.finish();
  t.equal(disk.files.get(10), 'first\nsec\nthird\n');
  t.equal(value('write_total_buffered'), 0);
  tear();
  file.write('fourth\n');
  manager.flushSync();
  t.equal(disk.files.get(10), 'first\nsec\nthird\nfirst\nsec\nfourth\n', 'also at the end of the process');
  t.equal(value('write_total_buffered'), 0);
  tear();
  manager.reopen();
  file.write('fifth\n');
  timers.advance(1000);
  disk.finish();
  t.equal(disk.files.get(11), 'fifth\n', 'a new file has no torn line');
  file.write('first\n');
  timers.advance(1000);
  disk.finish(0, failure('ENOSPC'));
  file.write('second\n');
  timers.advance(1000);
  disk.finish();
  t.equal(disk.files.get(11), 'fifth\nsecond\n', 'nothing was torn: no line feed');
  t.end();
});

t.test('at the end of the process a slow pipe is waited for', (t) => {
  const { disk, file, manager, value } = setUp();
  let busy = 2;
  const { writeSync } = disk;
  disk.writeSync = (fd, data) => {
    if (busy-- > 0) throw failure('EAGAIN');
    return writeSync.call(disk, fd, data);
  };
  file.write('line\n');
  manager.flushSync();
  t.equal(disk.files.get(10), 'line\n');
  t.equal(value('write_failed'), 0);
  disk.writeSync = () => {
    throw failure('ENOSPC');
  };
  file.write('lost\n');
  manager.flushSync();
  t.equal(value('write_failed'), 1);
  t.equal(value('write_total_buffered'), 0);
  t.end();
});

t.test('a pipe whose reader is slow is tried again', (t) => {
  const { disk, timers, file, value } = setUp();
  file.write('one\n');
  timers.advance(1000);
  disk.finish(0, failure('EAGAIN'));
  t.equal(disk.underWay, 0);
  timers.advance(10);
  disk.finish(0, failure('EAGAIN'));
  timers.advance(10);
  disk.finish();
  t.equal(disk.files.get(10), 'one\n');
  t.equal(value('write_failed'), 0);
  t.end();
});

t.test('reopen: what was written before goes to the old file, what comes after to the new', (t) => {
  const { disk, timers, manager, file, value } = setUp();
  file.write('old\n');
  manager.reopen();
  file.write('new\n');
  disk.finish();
  t.same(disk.closed, [10]);
  timers.advance(1000);
  disk.finish();
  t.same(
    [...disk.files],
    [
      [10, 'old\n'],
      [11, 'new\n'],
    ],
  );
  disk.openError = new Error('EACCES');
  manager.reopen();
  t.equal(value('reopen_failed'), 1);
  t.match(said.at(-1), /cannot be opened anew: EACCES/);
  file.write('still\n');
  timers.advance(1000);
  disk.finish();
  t.equal(disk.files.get(11), 'new\nstill\n', 'the old file stays in use');
  t.end();
});

t.test('flush resolves when all is written', async (t) => {
  const { disk, manager, file } = setUp();
  await manager.flush();
  file.write('one\n');
  let done = false;
  const flushed = manager.flush().then(() => {
    done = true;
  });
  await Promise.resolve();
  t.notOk(done);
  disk.finish();
  await flushed;
  t.ok(done);
});

t.test('at the end of the process nothing that waits is lost', (t) => {
  const { disk, manager, file, value } = setUp();
  for (let n = 0; n < 5; n++) file.write(`${String(n).repeat(59)}\n`);
  t.equal(disk.underWay, 1, 'the thread pool has the first two lines');
  manager.flushSync();
  t.equal(disk.files.get(10), [2, 3, 4].map((n) => `${String(n).repeat(59)}\n`).join(''));
  t.equal(value('write_total_buffered'), 120);
  t.end();
});

t.test('one file for each path; discard touches none', (t) => {
  const { manager, file, disk } = setUp();
  t.equal(manager.file('/log'), file);
  t.not(manager.file('/log2'), file);
  t.equal(disk.files.size, 2);
  const discarding = new AccessLogManager({ stats: new StatsStore(), discard: true, minFlushBytes: 1 });
  discarding.file('/nowhere/at/all').write('line\n');
  t.throws(() => new AccessLogManager({ stats: new StatsStore() }).file('/nowhere/at/all'), { code: 'ENOENT' });
  t.end();
});

t.test('on a real disk', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'remora-access-log-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'access.log');
  const manager = new AccessLogManager({ stats: new StatsStore(), minFlushBytes: 4096 });
  const file = manager.file(path);
  const lines = Array.from({ length: 5000 }, (_, n) => `line ${n} \xc3\xa9\n`);
  for (const line of lines.slice(0, 4000)) file.write(line);
  await manager.flush();
  renameSync(path, `${path}.1`);
  manager.reopen();
  for (const line of lines.slice(4000)) file.write(line);
  await manager.flush();
  t.equal(readFileSync(`${path}.1`, 'latin1'), lines.slice(0, 4000).join(''));
  t.equal(readFileSync(path, 'utf8'), lines.slice(4000).join('').replaceAll('\xc3\xa9', 'é'));
});
