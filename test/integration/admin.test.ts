// The admin of a whole proxy: what stands in its configuration, and that one answer does not wait for another.
// covers: envoy.config.bootstrap.v3.Admin.{access_log, access_log_path, allow_paths, profile_path}
// covers: envoy.config.bootstrap.v3.Bootstrap.stats_config
import { readFileSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Json } from '../support/bootstrap.ts';
import { remora } from '../support/remora.ts';

const here = { socketAddress: { address: '127.0.0.1', portValue: 0 } };
const nowhere = { address: { socketAddress: { address: '127.0.0.1', portValue: 1 } } };

function admin(more: Json = {}): Json {
  return { admin: { address: here, ...more } };
}

/** The address is written once the admin is bound, before the proxy is ready. */
function portOf(file: string): number {
  const text = readFileSync(file, 'utf8');
  if (!/^127\.0\.0\.1:\d+$/.test(text)) throw new Error(`--admin-address-path holds ${text}`);
  return Number(text.slice(text.indexOf(':') + 1));
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask(port: number, method: string, path: string, onData?: (request: ClientRequest) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ port, host: '127.0.0.1', method, path, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        body += part;
        onData?.(asking);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    asking.on('error', reject);
    asking.end();
  });
}

function addressFile(t: Test): string {
  return join(t.testdir({}), 'admin-address');
}

t.test('access logs and allow_paths', async (t) => {
  const file = addressFile(t);
  const oldLog = join(t.testdirName, 'old.log');
  const newLog = join(t.testdirName, 'new.log');
  const fileLog = {
    '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
    path: newLog,
    logFormat: { textFormatSource: { inlineString: '%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%\n' } },
  };
  const settings = admin({
    accessLogPath: oldLog,
    accessLog: [{ name: 'file', typedConfig: fileLog }],
    allowPaths: [{ exact: '/ready' }, { prefix: '/stats' }],
  });
  const proxy = await remora(t, { bootstrap: settings, flags: { 'admin-address-path': file } }).to(nowhere);
  const port = portOf(file);
  t.equal((await ask(port, 'GET', '/stats?filter=server.live')).body, 'server.live: 1\n');
  t.equal((await ask(port, 'GET', '/help')).status, 403);
  proxy.server.accessLogs.flushSync();
  const details = 'admin_filter_response';
  t.equal(readFileSync(newLog, 'utf8'), `/stats?filter=server.live 200 ${details}\n/help 403 ${details}\n`);
  t.match(readFileSync(oldLog, 'utf8'), /"GET \/help HTTP\/1.1" 403 /);
});

t.test('a scrape of many names keeps nobody waiting', async (t) => {
  const file = addressFile(t);
  const proxy = await remora(t, { bootstrap: admin(), flags: { 'admin-address-path': file } }).to(nowhere);
  const port = portOf(file);
  const scope = proxy.server.stats.scope('many');
  for (let i = 0; i < 30_000; i++) scope.counter(`counter_${i}`);
  const order: string[] = [];
  let ready: Promise<unknown> | null = null;
  const scrape = ask(port, 'GET', '/stats', () => {
    ready ??= ask(port, 'GET', '/ready').then((answer) => order.push(`ready ${answer.status}`));
  });
  const { body } = await scrape;
  order.push('stats');
  await ready;
  t.same(order, ['ready 200', 'stats'], '/ready was answered while /stats was under way');
  t.equal(body.split('\n').filter((line) => line.startsWith('many.')).length, 30_000);
});

t.test('a scrape that the client gives up ends', async (t) => {
  const file = addressFile(t);
  const proxy = await remora(t, { bootstrap: admin(), flags: { 'admin-address-path': file } }).to(nowhere);
  const port = portOf(file);
  const scope = proxy.server.stats.scope('many');
  for (let i = 0; i < 30_000; i++) scope.counter(`counter_${i}`);
  await t.rejects(ask(port, 'GET', '/stats', (asking) => asking.destroy()));
  t.equal((await ask(port, 'GET', '/ready')).body, 'LIVE\n');
});

t.test('graceful draining closes listeners when the drain time is over', async (t) => {
  const file = addressFile(t);
  const setup = { bootstrap: admin(), flags: { 'admin-address-path': file, 'drain-time-s': '5' } };
  const proxy = await remora(t, setup).fakeTime().to(nowhere);
  const port = portOf(file);
  const accepting = (): boolean => [...proxy.server.listeners.entries().values()].every((e) => e.listener.accepting);
  t.equal((await ask(port, 'POST', '/drain_listeners?graceful')).body, 'OK\n');
  t.ok(proxy.server.drain.draining);
  proxy.advance(4999);
  t.ok(accepting());
  proxy.advance(1);
  t.notOk(accepting());
  t.match((await ask(port, 'GET', '/listeners')).body, /^main::127\.0\.0\.1:/, 'it is still shown');
  t.equal((await ask(port, 'GET', '/ready')).body, 'LIVE\n', 'as in Envoy');
});

t.test('draining without closing', async (t) => {
  const file = addressFile(t);
  const proxy = await remora(t, { bootstrap: admin(), flags: { 'admin-address-path': file } }).to(nowhere);
  const port = portOf(file);
  await ask(port, 'POST', '/drain_listeners?skip_exit');
  t.ok(proxy.server.drain.draining);
  t.ok([...proxy.server.listeners.entries().values()].every((entry) => entry.listener.accepting));
});

t.test('/healthcheck/fail shows in statistics too', async (t) => {
  const file = addressFile(t);
  await remora(t, { bootstrap: admin(), flags: { 'admin-address-path': file } }).to(nowhere);
  const port = portOf(file);
  await ask(port, 'POST', '/healthcheck/fail');
  t.same(await ask(port, 'GET', '/ready'), { status: 503, body: 'DRAINING\n' });
  t.equal((await ask(port, 'GET', '/stats?filter=^server.(live|state)$')).body, 'server.live: 0\nserver.state: 1\n');
  await ask(port, 'POST', '/healthcheck/ok');
  t.equal((await ask(port, 'GET', '/stats?filter=^server.(live|state)$')).body, 'server.live: 1\nserver.state: 0\n');
});

t.test('statistics made at the scrape obey stats_matcher', async (t) => {
  const file = addressFile(t);
  const statsConfig = { statsMatcher: { exclusionList: { patterns: [{ contains: 'watchdog' }] } } };
  const setup = { bootstrap: { ...admin(), statsConfig }, flags: { 'admin-address-path': file } };
  await remora(t, setup).to(nowhere);
  const port = portOf(file);
  t.equal((await ask(port, 'GET', '/stats?filter=watchdog')).body, '');
  t.match(
    (await ask(port, 'GET', '/stats?filter=worker_0')).body,
    /^listener\..*\.worker_0\.downstream_cx_active: 0$/m,
  );
});

t.test('a CPU profile lands where profile_path says', async (t) => {
  const file = addressFile(t);
  const profilePath = join(t.testdirName, 'cpu.prof');
  const setup = { bootstrap: admin({ profilePath }), flags: { 'admin-address-path': file } };
  await remora(t, setup).to(nowhere);
  const port = portOf(file);
  t.equal((await ask(port, 'POST', '/cpuprofiler?enable=y')).body, 'OK\n');
  t.equal((await ask(port, 'POST', '/cpuprofiler?enable=y')).status, 500, 'it runs already');
  t.equal((await ask(port, 'POST', '/cpuprofiler?enable=n')).body, 'OK\n');
  t.hasProps(JSON.parse(readFileSync(profilePath, 'utf8')), ['nodes', 'startTime', 'endTime']);
});

t.test('pages for people', async (t) => {
  const file = addressFile(t);
  await remora(t, { bootstrap: admin(), flags: { 'admin-address-path': file } }).to(nowhere);
  const port = portOf(file);
  t.match((await ask(port, 'GET', '/')).body, /<button type="submit">POST \/quitquitquit<\/button>/);
  const stats = (await ask(port, 'GET', '/stats?format=html&filter=server.live&usedonly')).body;
  t.match(stats, /<pre>server\.live: 1\n<\/pre>/);
  t.match(stats, /name="filter" value="server.live"/, 'the form holds what was asked');
});
