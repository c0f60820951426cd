// Expected lines were printed by Envoy 1.40 with the same patterns.
import t from 'tap';
import { compileLogFormat, DEFAULT_LOG_FORMAT, type LogRecord } from '../../../src/base/logger-format.ts';
import { LogLevel } from '../../../src/base/logger-levels.ts';

// Local time, as Envoy: the record's moment is made from local parts, so that the test holds in every time zone.
const moment = new Date(2026, 10, 23, 6, 47, 27).getTime() + 945.01;

function line(pattern: string, changes: Partial<LogRecord> = {}): string {
  return compileLogFormat(pattern).format({
    wallMs: moment,
    level: LogLevel.info,
    name: 'main',
    message: 'runtime: {}',
    tags: undefined,
    file: 'source/server/server.cc',
    line: 989,
    functionName: 'createRuntime',
    ...changes,
  });
}

t.test('the default format is Envoy’s', (t) => {
  t.equal(
    line(DEFAULT_LOG_FORMAT),
    `[2026-11-23 06:47:27.945][${process.pid}][info][main] [source/server/server.cc:989] runtime: {}\n`,
  );
  t.end();
});

t.test('operators of date and time', (t) => {
  const cases: Record<string, string> = {
    '%a|%A|%b|%B|%h': 'Mon|Monday|Nov|November|Nov',
    '%c': 'Mon Nov 23 06:47:27 2026',
    '%C|%D|%x|%Y': '26|11/23/26|11/23/26|2026',
    '%H|%I|%M|%S|%p': '06|06|47|27|AM',
    '%f|%F|%e': '945010|945010000|945',
    '%r|%R|%T|%X': '06:47:27 AM|06:47|06:47:27|06:47:27',
    '%E': String(Math.floor(moment / 1000)),
  };
  for (const [pattern, expected] of Object.entries(cases)) t.equal(line(pattern), `${expected}\n`, pattern);
  t.match(line('%z'), /^[+-]\d\d:\d\d\n$/);
  t.equal(line('%I %p', { wallMs: new Date(2026, 0, 2, 0, 5).getTime() }), '12 AM\n');
  t.equal(line('%I %p', { wallMs: new Date(2026, 0, 2, 13, 5).getTime() }), '01 PM\n');
  t.end();
});

t.test('operators of level, source and text', (t) => {
  const cases: Record<string, string> = {
    '%l %L %n %v': 'info I main runtime: {}',
    '%s|%g|%#|%@|%!': 'server.cc|source/server/server.cc|989|source/server/server.cc:989|createRuntime',
    '%P': String(process.pid),
    '%^red%$': 'red',
    '100%%': '100%',
    '%Q|%q|': '%Q|%q|',
    'lone %': 'lone ',
    '%!3l': 'createRuntime3l',
  };
  for (const [pattern, expected] of Object.entries(cases)) t.equal(line(pattern), `${expected}\n`, pattern);
  t.equal(line('%l %L', { level: LogLevel.warning }), 'warning W\n');
  t.end();
});

t.test('width, alignment and cut', (t) => {
  t.equal(line('%8l|%-8l|%=8l|%3!l|%3l'), '    info|info    |  info  |inf|info\n');
  t.equal(line('%=11Y|%8!g'), '   2026    |source/s\n');
  t.equal(line('%99n').length, 64 + 1, 'spdlog stops at 64');
  t.end();
});

t.test('tags and newlines', (t) => {
  const tags = { ConnectionId: 0, StreamId: '3729804711893746255' };
  const changes = { message: 'end:\n\':path\', "/"', tags };
  const prefix = '[Tags: "ConnectionId":"0","StreamId":"3729804711893746255"] ';
  t.equal(line('%v', changes), `${prefix}end:\n':path', "/"\n`);
  t.equal(line('%_', changes), `${prefix}end:\\n':path', "/"\n`);
  t.equal(line('%j', changes), `${prefix.replaceAll('"', '\\"')}end:\\n':path', \\"/\\"\n`);
  t.equal(line('%+', changes), `end:\\n':path', "/"\n`);
  t.equal(line('%*', changes), ',"ConnectionId":"0","StreamId":"3729804711893746255"\n');
  t.equal(line('{"l":"%l"%*}'), '{"l":"info"}\n');
  t.end();
});

t.test('a source is only asked for when the pattern prints it', (t) => {
  t.ok(compileLogFormat(DEFAULT_LOG_FORMAT).needsSource);
  t.notOk(compileLogFormat('%T %l %v').needsSource);
  t.end();
});
