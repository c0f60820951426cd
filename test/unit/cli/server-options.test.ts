// What each flag becomes, and what is refused; the words of errors are Envoy's where it has them.
import t from 'tap';
import { LogLevel } from '../../../src/base/logger.ts';
import { quickParse } from '../../../src/cli/quick-parse.ts';
import { apiVersion, serverOptions, UsageError } from '../../../src/cli/server-options.ts';
import type { ServerOptions } from '../../../src/server/options.ts';

function options(...args: string[]): ServerOptions {
  const result = quickParse(args);
  if (result.kind !== 'flags') throw new Error(`not plainly right: ${args.join(' ')}`);
  return serverOptions('envoy', result.flags, {});
}

t.test('the defaults are Envoy’s', (t) => {
  const made = options('-c', 'envoy.yaml');
  t.match(made, {
    configPath: 'envoy.yaml',
    configYaml: '',
    mode: 'serve',
    concurrency: 1,
    concurrencyGiven: false,
    logLevel: LogLevel.info,
    componentLogLevels: [],
    logFormat: '[%Y-%m-%d %T.%e][%t][%l][%n] [%g:%#] %v',
    logPath: '',
    drainTimeMs: 600_000,
    drainStrategy: 'gradual',
    parentShutdownTimeMs: 900_000,
    localAddressIpVersion: 'v4',
    fileFlushIntervalMs: 10_000,
    fileFlushMinSizeKb: 0,
    baseId: 0,
    restartEpoch: 0,
    allowUnknownStaticFields: false,
    rejectUnknownDynamicFields: false,
    watch: false,
    trimMemory: false,
    flagsWithoutEffect: [],
  });
  t.match(made.reportedVersion, /^[0-9a-f]{40}\/1\.40\.0\/Clean\/RELEASE\/OpenSSL$/);
  t.ok(Object.isFrozen(made));
  t.end();
});

t.test('every flag that sets something', (t) => {
  const made = options(
    ...['--config-path', 'a.yaml', '--config-yaml', 'admin: {}', '--mode', 'init_only', '--concurrency', '010'],
    ...[
      '-l',
      'warn',
      '--component-log-level',
      'upstream:debug,http:trace',
      '--log-format',
      '%v',
      '--log-format-escaped',
    ],
    ...['--log-path', 'x.log', '--service-node', 'n', '--service-cluster', 'c', '--service-zone', 'z'],
    ...['--drain-time-s', '3', '--drain-strategy', 'immediate', '--parent-shutdown-time-s', '4'],
    ...['--local-address-ip-version', 'v6', '--file-flush-interval-msec', '7', '--file-flush-min-size-kb', '8'],
    ...['--disable-hot-restart', '--base-id', '9', '--base-id-path', 'b', '--restart-epoch', '1'],
    ...['--allow-unknown-static-fields', '--reject-unknown-dynamic-fields', '--ignore-unknown-dynamic-fields'],
    ...['--skip-deprecated-logs', '--enable-core-dump', '--admin-address-path', 'adm', '--stats-tag', 'a:b c'],
    ...['--stats-tag', ':d', '--disable-extensions', 'x/y,x/z', '--watch', '--trim-memory', '--socket-mode', '600'],
    ...['--reported-version', '1.38.1'],
  );
  t.match(made, {
    configPath: 'a.yaml',
    configYaml: 'admin: {}',
    mode: 'init_only',
    concurrency: 10,
    concurrencyGiven: true,
    logLevel: LogLevel.warning,
    componentLogLevels: [
      { component: 'upstream', level: LogLevel.debug },
      { component: 'http', level: LogLevel.trace },
    ],
    logFormat: '%v',
    logFormatEscaped: true,
    logPath: 'x.log',
    serviceNode: 'n',
    serviceCluster: 'c',
    serviceZone: 'z',
    drainTimeMs: 3000,
    drainStrategy: 'immediate',
    parentShutdownTimeMs: 4000,
    localAddressIpVersion: 'v6',
    fileFlushIntervalMs: 7,
    fileFlushMinSizeKb: 8,
    disableHotRestart: true,
    baseId: 9,
    baseIdPath: 'b',
    restartEpoch: 1,
    allowUnknownStaticFields: true,
    rejectUnknownDynamicFields: true,
    ignoreUnknownDynamicFields: true,
    skipDeprecatedLogs: true,
    adminAddressPath: 'adm',
    statsTags: [
      { name: 'a', value: 'b c' },
      { name: '', value: 'd' },
    ],
    disabledExtensions: ['x/y', 'x/z'],
    watch: true,
    trimMemory: true,
    otherFlags: { enableCoreDump: true, socketMode: 0o600, cpusetThreads: false },
  });
  t.match(made.reportedVersion, /\/1\.38\.1\//);
  t.same(
    made.flagsWithoutEffect.map(({ flag }) => flag),
    ['--disable-hot-restart', '--base-id', '--restart-epoch', '--socket-mode', '--enable-core-dump'],
  );
  t.end();
});

t.test('odd values that Envoy takes', (t) => {
  t.equal(options('-c', '--mode').configPath, '--mode', 'a value may look like a flag');
  t.equal(options('-c', 'x', '--concurrency', '0').concurrency, 1);
  t.equal(options('-c', 'x', '--concurrency', ' 4').concurrency, 4);
  t.equal(options('-c', 'x', '--', '--whatever').configPath, 'x', 'what follows -- is not looked at');
  t.equal(options('--config-yaml', '{}').configYaml, '{}');
  t.ok(options('-c', 'x', '--allow-unknown-fields').allowUnknownStaticFields);
  t.equal(options('-c', 'x', '--use-dynamic-base-id').baseId, process.pid);
  t.end();
});

t.test('what is refused', (t) => {
  const cases: [string[], RegExp][] = [
    [[], /at least one of --config-path/],
    [['-c', ''], /at least one of --config-path/],
    [['-c', 'x', '--mode', 'foo'], /^unknown mode 'foo'/],
    [['-c', 'x', '--drain-strategy', 'foo'], /^unknown drain-strategy 'foo'/],
    [['-c', 'x', '-l', 'WARN'], /^invalid log level specified 'WARN'/],
    [['-c', 'x', '--component-log-level', 'http'], /^component log level not correctly specified 'http'/],
    [['-c', 'x', '--component-log-level', 'http:debug,'], /^component log level not correctly specified ''/],
    [['-c', 'x', '--component-log-level', 'http:a:b'], /^component log level not correctly specified 'http:a:b'/],
    [['-c', 'x', '--component-log-level', 'http:foo'], /^invalid log level specified 'foo'/],
    [['-c', 'x', '--component-log-level', 'foo:debug'], /^invalid component specified 'foo'/],
    [['-c', 'x', '--local-address-ip-version', 'v5'], /^unknown IP address version 'v5'/],
    [['-c', 'x', '--use-dynamic-base-id', '--restart-epoch', '1'], /^cannot use --restart-epoch=1 with --use-dynamic/],
    [['-c', 'x', '--stats-tag', 'foo'], /^misformatted stats-tag 'foo'$/],
    [['-c', 'x', '--stats-tag', 'foo:a.b'], /^misformatted stats-tag 'foo:a.b' contains invalid char in 'a.b'/],
    [['-c', 'x', '--stats-tag', 'f-:b'], /^misformatted stats-tag 'f-:b' contains invalid char in 'f-'/],
    [['-c', 'x', '--stats-tag', 'f:'], /^misformatted stats-tag 'f:' contains invalid char in ''/],
    [['-c', 'x', '--reported-version', 'new'], /must look like 1\.40\.0, not 'new'/],
    ...['abc', '1.5', '0x10', '4 ', '-1', '', '4294967296'].map((value): [string[], RegExp] => [
      ['-c', 'x', '--concurrency', value],
      /^--concurrency takes a whole number from 0 to 4294967295, not/,
    ]),
  ];
  for (const [args, message] of cases) {
    t.throws(() => options(...args), new UsageError(), args.join(' '));
    t.throws(() => options(...args), { message }, args.join(' '));
  }
  t.end();
});

t.test('the version to report: the flag before the environment', (t) => {
  t.equal(apiVersion(new Map(), {}), '1.40.0');
  t.equal(apiVersion(new Map(), { REMORA_REPORTED_VERSION: '1.35.2' }), '1.35.2');
  t.equal(apiVersion(new Map([['reported-version', '1.36.0']]), { REMORA_REPORTED_VERSION: '1.35.2' }), '1.36.0');
  t.end();
});
