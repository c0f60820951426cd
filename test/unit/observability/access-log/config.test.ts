// From the `access_log` fields of a configuration to loggers: formats, filters, files, and what is said where it fails.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ConfigContext, formatDiagnostic, loadMessage } from '../../../../src/config/api.ts';
import { ExtensionRegistry } from '../../../../src/config/extension-registry.ts';
import { accessLoggers } from '../../../../src/extensions/access-loggers/entries.ts';
import type { AccessLog } from '../../../../src/generated/envoy/config/accesslog/v3/accesslog_pb.d.ts';
import type { HeaderMatcher } from '../../../../src/generated/envoy/config/route/v3/route_components_pb.d.ts';
import { headerName } from '../../../../src/http/headers/api.ts';
import {
  type AccessLogger,
  AccessLogManager,
  type AccessLogSettings,
  AccessLogType,
  buildAccessLogs,
} from '../../../../src/observability/access-log/api.ts';
import { ResponseFlag } from '../../../../src/observability/response-flags.ts';
import { StatsStore } from '../../../../src/observability/stats/store.ts';
import { FakeRuntime } from '../../../support/fake-runtime.ts';
import { SeededRandom } from '../../../support/seeded-random.ts';
import { answered, refused, type TestContext } from './context.ts';

const folder = mkdtempSync(join(tmpdir(), 'remora-access-log-config-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const extensions = new ExtensionRegistry(accessLoggers);
await extensions.preload(accessLoggers.flatMap((entry) => entry.typeNames));
const manager = new AccessLogManager({ stats: new StatsStore() });
const runtime = new FakeRuntime();
const settings: AccessLogSettings = {
  manager,
  extensions,
  random: new SeededRandom(7),
  headerName,
  // The layer of matchers is tested elsewhere: presence will do.
  headerMatcher: (message) => {
    const name = headerName((message as HeaderMatcher).name);
    return (headers) => headers.get(name) !== undefined;
  },
  metadataValue: () => undefined,
  runtime,
};

interface Built {
  readonly logger: AccessLogger | undefined;
  readonly said: string;
}

let files = 0;

async function build(yaml: string): Promise<Built> {
  const source = { name: 'test.yaml', format: 'yaml', text: yaml } as const;
  const loaded = await loadMessage<AccessLog>('envoy.config.accesslog.v3.AccessLog', source, { skipCoverage: true });
  const config = new ConfigContext({ skipCoverage: true });
  const loggers = loaded.message === undefined ? [] : buildAccessLogs([loaded.message], { config, settings });
  const diagnostics = [...loaded.diagnostics, ...(await config.takeDiagnostics())];
  return { logger: loggers[0], said: diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n') };
}

/** What a logger with the given lines of FileAccessLog and of a filter writes for the streams. */
async function logged(format: string, filter: string, streams: readonly TestContext[]): Promise<string> {
  const path = join(folder, `${files++}.log`);
  const { logger, said } = await build(`
name: test
${filter}
typed_config:
  "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
  path: ${path}
${format}
`);
  if (logger === undefined) throw new Error(said);
  for (const stream of streams) logger.log(stream);
  await manager.flush();
  return readFileSync(path, 'utf8');
}

// covers: envoy.extensions.access_loggers.file.v3.FileAccessLog.{format, json_format, typed_json_format}
// covers: envoy.config.core.v3.SubstitutionFormatString.text_format
t.test('formats of a file', async (t) => {
  const both = [answered()];
  t.match(await logged('', '', both), /^\[2026-11-23T07:15:32\.391Z\] "GET \/abc/);
  t.equal(await logged('  format: "%PROTOCOL% é\\n"', '', both), 'HTTP/1.1 é\n');
  t.equal(await logged('  json_format: { a: "%RESPONSE_CODE%", b: { c: 1 } }', '', both), '{"a":200,"b":{"c":1}}\n');
  t.equal(await logged('  typed_json_format: { a: "%RESPONSE_CODE%" }', '', both), '{"a":200}\n');
  t.equal(await logged('  log_format: { text_format: "%PROTOCOL%" }', '', both), 'HTTP/1.1');
  t.equal(await logged('  log_format: { text_format_source: { inline_string: "%PROTOCOL%" } }', '', both), 'HTTP/1.1');
  t.equal(
    await logged('  log_format: { omit_empty_values: true, json_format: { a: "%REQ(no)%", b: 1 } }', '', both),
    '{"b":1}\n',
  );
  process.env['REMORA_TEST_LOG'] = '%RESPONSE_CODE%';
  t.equal(
    await logged('  log_format: { text_format_source: { environment_variable: REMORA_TEST_LOG } }', '', both),
    '200',
  );
  delete process.env['REMORA_TEST_LOG'];
  const withFormatter = `  log_format:
    text_format_source: { inline_string: "%REQ_WITHOUT_QUERY(:PATH)%" }
    formatters:
    - name: envoy.formatter.req_without_query
      typed_config: { "@type": type.googleapis.com/envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery }`;
  t.equal(await logged(withFormatter, '', both), '/abc/d');
});

// covers: envoy.extensions.access_loggers.stream.v3.StdoutAccessLog.log_format
// covers: envoy.extensions.access_loggers.stream.v3.StderrAccessLog.log_format
t.test('stdout and stderr', async (t) => {
  for (const name of ['Stdout', 'Stderr']) {
    const { logger, said } = await build(`
name: test
typed_config:
  "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.${name}AccessLog
  log_format: { json_format: { a: "%RESPONSE_CODE%" } }
`);
    t.ok(logger, said);
  }
});

/** Which of the streams a filter lets through, as their status codes. */
async function passed(filter: string, streams: readonly TestContext[]): Promise<string> {
  return (await logged('  format: "%RESPONSE_CODE% "', `filter: ${filter}`, streams)).trim();
}

function withStatus(responseCode: number, change: (context: TestContext) => void = () => {}): TestContext {
  const context = answered();
  context.streamInfo.responseCode = responseCode;
  change(context);
  return context;
}

// covers: envoy.config.accesslog.v3.AccessLogFilter.duration_filter
// covers: envoy.config.accesslog.v3.DurationFilter.comparison
t.test('status and duration', async (t) => {
  const streams = [0, 200, 404, 500, 503].map((code) => withStatus(code));
  const status = (op: string, value = 404) =>
    passed(
      `{ status_code_filter: { comparison: { op: ${op}, value: { default_value: ${value}, runtime_key: k } } } }`,
      streams,
    );
  t.equal(await status('EQ'), '404');
  t.equal(await status('GE'), '404 500 503');
  t.equal(await status('LE'), '0 200 404');
  t.equal(await status('NE'), '0 200 500 503');
  runtime.set('k', 503);
  t.equal(await status('GE'), '503', 'the runtime has a value for the key');
  runtime.clear();
  const slow = withStatus(201, ({ streamInfo }) => {
    streamInfo.requestComplete = 1500.9;
  });
  t.equal(
    await passed('{ duration_filter: { comparison: { op: GE, value: { default_value: 500, runtime_key: d } } } }', [
      ...streams,
      slow,
    ]),
    '201',
  );
});

// covers: envoy.config.accesslog.v3.AccessLogFilter.{response_flag_filter, not_health_check_filter, traceable_filter, log_type_filter, header_filter}
// covers: envoy.config.accesslog.v3.ResponseFlagFilter.flags
// covers: envoy.config.accesslog.v3.LogTypeFilter.{types, exclude}
// covers: envoy.config.accesslog.v3.HeaderFilter.header
t.test('flags, health checks, traces, kinds of log, headers', async (t) => {
  const unhealthy = withStatus(503, ({ streamInfo }) => streamInfo.setFlag(ResponseFlag.NoHealthyUpstream));
  const limited = withStatus(429, ({ streamInfo }) => streamInfo.setFlag(ResponseFlag.RateLimited));
  const streams = [answered(), unhealthy, limited];
  t.equal(await passed('{ response_flag_filter: {} }', streams), '503 429');
  t.equal(await passed('{ response_flag_filter: { flags: [UH, UF] } }', streams), '503');
  const check = withStatus(204, ({ streamInfo }) => {
    streamInfo.healthCheck = true;
  });
  t.equal(await passed('{ not_health_check_filter: {} }', [answered(), check]), '200');
  const traced = withStatus(202, ({ streamInfo }) => {
    streamInfo.traced = true;
  });
  t.equal(await passed('{ traceable_filter: {} }', [answered(), traced]), '202');
  const start = withStatus(100, (context) => {
    context.logType = AccessLogType.DownstreamStart;
  });
  t.equal(await passed('{ log_type_filter: { types: [DownstreamEnd] } }', [answered(), start]), '200');
  t.equal(await passed('{ log_type_filter: { types: [DownstreamEnd], exclude: true } }', [answered(), start]), '100');
  t.equal(
    await passed('{ header_filter: { header: { name: x-m, present_match: true } } }', [answered(), refused()]),
    '200',
  );
});

// covers: envoy.config.accesslog.v3.AccessLogFilter.{and_filter, or_filter}
// covers: envoy.config.accesslog.v3.AndFilter.filters
// covers: envoy.config.accesslog.v3.OrFilter.filters
t.test('and, or', async (t) => {
  const streams = [200, 404, 500, 503].map((code) => withStatus(code));
  const compare = (op: string, value: number): string =>
    `{ status_code_filter: { comparison: { op: ${op}, value: { default_value: ${value}, runtime_key: k } } } }`;
  t.equal(
    await passed(`{ and_filter: { filters: [${compare('GE', 404)}, ${compare('LE', 500)}] } }`, streams),
    '404 500',
  );
  t.equal(
    await passed(`{ or_filter: { filters: [${compare('LE', 200)}, ${compare('EQ', 503)}] } }`, streams),
    '200 503',
  );
});

// covers: envoy.config.accesslog.v3.AccessLogFilter.grpc_status_filter
// covers: envoy.config.accesslog.v3.GrpcStatusFilter.{statuses, exclude}
t.test('grpc_status_filter takes any stream', async (t) => {
  const ok = withStatus(200, (context) => context.responseHeaders?.append(headerName('grpc-status'), '0'));
  const streams = [ok, withStatus(503), withStatus(404)];
  t.equal(await passed('{ grpc_status_filter: { statuses: [OK, UNIMPLEMENTED] } }', streams), '200 404');
  t.equal(await passed('{ grpc_status_filter: { statuses: [OK, UNIMPLEMENTED], exclude: true } }', streams), '503');
});

// covers: envoy.config.accesslog.v3.AccessLogFilter.runtime_filter
// covers: envoy.config.accesslog.v3.RuntimeFilter.{runtime_key, percent_sampled, use_independent_randomness}
t.test('runtime_filter: a share of requests, the same for one request id', async (t) => {
  const streams = ['00000031', '00000032', 'ffffffff'].map((start, index) =>
    withStatus(200 + index, ({ streamInfo }) => {
      streamInfo.requestId = `${start}-905f-4903-853b-d279c672d71b`;
    }),
  );
  const half = '{ runtime_filter: { runtime_key: r, percent_sampled: { numerator: 50, denominator: HUNDRED } } }';
  t.equal(await passed(half, streams), '200', '0x31 is 49, 0x32 is 50, 0xffffffff is 95 in a hundred');
  runtime.set('r', 100);
  t.equal(await passed(half, streams), '200 201 202');
  runtime.clear();
  const independent =
    '{ runtime_filter: { runtime_key: r, percent_sampled: { numerator: 50, denominator: HUNDRED }, use_independent_randomness: true } }';
  const many = Array.from({ length: 400 }, () => answered());
  const count = (await passed(independent, many)).split(' ').length;
  t.ok(count > 140 && count < 260, `${count} of 400 (seed 7)`);
});

t.test('what cannot be made is said with its place, and leaves no file', async (t) => {
  const before = readdirSync(folder).length;
  const file = (lines: string): string => `name: test
typed_config:
  "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
  path: ${join(folder, 'must-not-be.log')}
${lines}`;
  const cases: readonly (readonly [yaml: string, said: RegExp])[] = [
    [file('  log_format: { text_format_source: { inline_string: "%FOO%" } }'), /test\.yaml:5:\d+.*no operator FOO/s],
    [
      file('  log_format: { json_format: { a: { b: "%RESPONS_CODE%" } } }'),
      /a\.b: there is no operator RESPONS_CODE.*did you mean RESPONSE_CODE/s,
    ],
    [file('  format: "100%"'), /test\.yaml:5:\d+.*no operator at position 3/s],
    [file('  json_format: { a: "%REQ%" }'), /a: REQ needs the name of a header/],
    [file('  log_format: { text_format_source: { filename: /nowhere/at/all } }'), /cannot be read: ENOENT/],
    [
      file('  log_format: { text_format_source: { environment_variable: REMORA_NO_SUCH } }'),
      /'REMORA_NO_SUCH' is not set/,
    ],
    [
      file(
        '  log_format: { text_format: x, formatters: [{ name: f, typed_config: { "@type": type.googleapis.com/envoy.extensions.formatter.file_content.v3.FileContent } }] }',
      ),
      /formatter envoy\.extensions\.formatter\.file_content\.v3\.FileContent is not implemented yet/,
    ],
    [
      file(
        '  format: x\nfilter: { and_filter: { filters: [{ response_flag_filter: { flags: [NOPE] } }, { traceable_filter: {} }] } }',
      ),
      /NOPE/,
    ],
    [file('  format: x\nfilter: { extension_filter: { name: cel } }'), /untyped-extension: The extension "cel"/],
    ['name: test', /untyped-extension: The extension "test"/],
    [
      'name: test\ntyped_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.fluentd.v3.FluentdAccessLogConfig, cluster: c, tag: t, stat_prefix: s, record: {} }',
      /not implemented yet/,
    ],
    [
      'name: test\ntyped_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: /nowhere/at/all }',
      /cannot be opened: ENOENT/,
    ],
  ];
  for (const [yaml, wanted] of cases) {
    const { logger, said } = await build(yaml);
    t.match(said, wanted);
    t.equal(logger, undefined, yaml);
  }
  const left = readdirSync(folder).filter((name) => name.startsWith('must'));
  // A filter that cannot be made is found after the file was opened; formats are not.
  t.ok(left.length <= 1 && readdirSync(folder).length - before <= 1);
});
