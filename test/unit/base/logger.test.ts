import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  configureLogging,
  flushLogs,
  LogLevel,
  listLoggers,
  logger,
  parseLogLevel,
  reopenLog,
  setLogLevel,
} from '../../../src/base/logger.ts';
import { FileDescriptorSink, type LogSink } from '../../../src/base/logger-sink.ts';

class MemorySink implements LogSink {
  lines: string[] = [];
  write(line: string): void {
    this.lines.push(line);
  }
  flush(): Promise<void> {
    return Promise.resolve();
  }
  flushSync(): void {}
  reopen(): void {}
}

function capture(options: Parameters<typeof configureLogging>[0] = {}): string[] {
  const sink = new MemorySink();
  configureLogging({ level: LogLevel.info, format: '%l %n %v', sink, ...options });
  return sink.lines;
}

t.test('a line is written from its level on', (t) => {
  const lines = capture();
  const log = logger('router');
  for (const level of ['trace', 'debug', 'info', 'warning', 'error', 'critical'] as const) log[level]('x');
  t.same(lines, ['info router x\n', 'warning router x\n', 'error router x\n', 'critical router x\n']);
  t.notOk(log.debugEnabled);
  setLogLevel('all', LogLevel.off);
  log.critical('x');
  t.equal(lines.length, 4);
  t.end();
});

t.test('levels change at run time, by component and for all, also of loggers not asked for yet', (t) => {
  const lines = capture();
  const router = logger('router');
  t.ok(setLogLevel('router', LogLevel.debug));
  t.ok(setLogLevel('lua', LogLevel.trace));
  t.notOk(setLogLevel('nonsense', LogLevel.debug));
  t.ok(router.debugEnabled);
  t.ok(logger('lua').traceEnabled);
  t.notOk(logger('pool').debugEnabled);
  router.debug('seen', { ConnectionId: 7 });
  t.same(lines, ['debug router [Tags: "ConnectionId":"7"] seen\n']);
  const listed = new Map(listLoggers().map(({ name, level }) => [name, level]));
  t.equal(listed.get('router'), 'debug');
  t.equal(listed.get('lua'), 'trace');
  t.equal(listed.get('hystrix'), 'info');
  setLogLevel('all', LogLevel.error);
  t.ok(listLoggers().every(({ level }) => level === 'error'));
  t.end();
});

t.test('the same logger for the same name', (t) => {
  t.equal(logger('http'), logger('http'));
  t.end();
});

t.test('level names are Envoy’s', (t) => {
  t.equal(parseLogLevel('warn'), LogLevel.warning);
  t.equal(parseLogLevel('warning'), LogLevel.warning);
  t.equal(parseLogLevel('off'), LogLevel.off);
  t.equal(parseLogLevel('WARN'), undefined);
  t.equal(parseLogLevel(''), undefined);
  t.end();
});

t.test('REMORA_DEBUG turns components on and makes lines readable', (t) => {
  const lines = capture({ format: '[%Y-%m-%d %T.%e][%t][%l][%n] [%g:%#] %v', debug: 'router,pool:trace,nonsense' });
  t.ok(logger('router').debugEnabled);
  t.notOk(logger('router').traceEnabled);
  t.ok(logger('pool').traceEnabled);
  logger('router').debug('why');
  t.match(lines[0], /nonsense/, 'a wrong name is said');
  t.match(lines[1], /^\d\d:\d\d:\d\d\.\d{3} debug {4}router {5}why\n$/);
  capture({ debug: '*' });
  t.ok(logger('hc').debugEnabled);
  t.end();
});

t.test('the place of the call is in the line', (t) => {
  const lines = capture({ format: '%g|%#|%s|%!' });
  const here = (): void => logger('main').info('x');
  here();
  t.match(lines[0], /^test\/unit\/base\/logger\.test\.ts\|\d+\|logger\.test\.ts\|here\n$/);
  logger('main').info('x', undefined, 'src/router/router.ts:12');
  t.equal(lines[1], 'src/router/router.ts|12|router.ts|\n', 'what the build passes along wins');
  t.end();
});

t.test('escaped lines stay one line', (t) => {
  const lines = capture({ format: 'a\\tb %v', escaped: true });
  logger('main').info('x\ny "é"\x01');
  t.equal(lines[0], 'a\\\\tb x\\ny \\"\\303\\251\\"\\001\n');
  t.end();
});

t.test('a file: appended, reopened after a move, in order', async (t) => {
  const path = join(t.testdir(), 'app.log');
  configureLogging({ level: LogLevel.info, format: '%v', path });
  const log = logger('main');
  for (let i = 0; i < 1000; i++) log.info(`line ${i}`);
  renameSync(path, `${path}.1`);
  reopenLog();
  await flushLogs();
  log.info('after');
  await flushLogs();
  const moved = existsSync(`${path}.1`) ? readFileSync(`${path}.1`, 'utf8') : '';
  const all = moved + readFileSync(path, 'utf8');
  t.equal(all, `${Array.from({ length: 1000 }, (_, i) => `line ${i}\n`).join('')}after\n`);
  t.match(readFileSync(path, 'utf8'), /after\n$/);
  t.throws(() => configureLogging({ path: join(t.testdirName, 'none', 'app.log') }), { code: 'ENOENT' });
  t.end();
});

t.test('nothing is lost when the process exits at once', (t) => {
  const path = join(t.testdir(), 'exit.log');
  const script = `
    const { configureLogging, logger } = await import(${JSON.stringify(new URL('../../../src/base/logger.ts', import.meta.url).href)});
    configureLogging({ format: '%v', path: ${JSON.stringify(path)} });
    for (let i = 0; i < 500; i++) logger('main').info('first ' + i);
    setImmediate(() => { for (let i = 0; i < 500; i++) logger('main').info('last ' + i); process.exit(0); });
  `;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  t.equal(result.stderr, '');
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').sort();
  const expected = Array.from({ length: 500 }, (_, i) => [`first ${i}`, `last ${i}`]).flat();
  t.same(lines, expected.sort());
  t.end();
});

t.test('a reader that stalls costs lines, never memory without bound, and is told', async (t) => {
  const path = join(t.testdir(), 'full.log');
  const sink = new FileDescriptorSink(path);
  const line = `${'x'.repeat(1023)}\n`;
  for (let i = 0; i < 5000; i++) sink.write(line);
  await sink.flush();
  const text = readFileSync(path, 'utf8');
  t.match(text, /\n904 log lines dropped: .*\n$/);
  t.equal(text.split('\n').length, 4096 + 2);
  t.end();
});
