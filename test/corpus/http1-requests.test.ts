// Sends every request of the HTTP/1 corpus on a fresh connection and holds two things: nothing is accepted that Envoy rejects, and
// no message leaves that two parsers could read differently (the upstream side reads the raw bytes with the harness's strict
// reader). Where Remora does otherwise than Envoy, http1-differences.ts names the request and the reason.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { freePort } from '../../bench/machine/ports.ts';
import { ClientConnection } from '../parity/lib/client.ts';
import { type ProxyKind, ProxyProcess } from '../parity/lib/proxy-process.ts';
import { defaultRules } from '../parity/lib/scenario.ts';
import { Signals } from '../parity/lib/signals.ts';
import { ScriptedUpstream } from '../parity/lib/upstream.ts';
import { isInterim } from '../parity/lib/wire-reader.ts';
import { HTTP1_DIFFERENCES } from './http1-differences.ts';

interface CorpusRequest {
  suite: string;
  name: string;
  /** latin1 */
  raw: string;
  /** `REJECT status`, `FORWARD n`, `PARTIAL` or `WAIT`. */
  envoy: string;
  /** What Envoy answered, in order. */
  statuses: number[];
}

interface Outcome {
  verdict: string;
  statuses: number[];
  /** Why what left is ambiguous; empty when all of it is clean. */
  problems: string[];
}

const CORPUS = join(import.meta.dirname, '..', '..', '..', 'shared', 'corpus', 'http1-requests.json');
const ANSWER_LIMIT_MS = 1_000;
const QUIET_MS = 10;
/** Set to `envoy` to check the harness against the oracle. */
const kind: ProxyKind = process.env['CORPUS_PROXY'] === 'envoy' ? 'envoy' : 'remora';

async function play(request: CorpusRequest, port: number, upstream: ScriptedUpstream): Promise<Outcome> {
  const signals = new Signals();
  upstream.begin(defaultRules(), signals);
  const client = await ClientConnection.open('a', { port, host: '127.0.0.1' }, signals);
  await client.send(request.raw, ['GET']);
  const finals = () => client.reader.messages.filter((message) => !isInterim(message) && message.complete);
  const wanted = Math.max(request.statuses.length, 1);
  const limit = request.envoy === 'WAIT' || request.envoy === 'PARTIAL' ? 5 * QUIET_MS : ANSWER_LIMIT_MS;
  await signals.within(limit, () => client.closed || finals().length >= wanted);
  // Whatever else would come, a second message above all, gets a moment to show.
  await delay(QUIET_MS);
  const statuses = finals().map((message) => Number(message.start.split(' ')[1]));
  const problems: string[] = [];
  const messages = upstream.connections.flatMap((connection) => connection.reader.messages);
  for (const message of messages) if (message.problem !== undefined) problems.push(message.problem);
  for (const connection of upstream.connections) {
    if (connection.reader.leftover !== '')
      problems.push(`bytes after the last message: ${JSON.stringify(connection.reader.leftover)}`);
  }
  const complete = messages.filter((message) => message.complete).length;
  let verdict = 'WAIT';
  if (complete < messages.length) verdict = 'PARTIAL';
  else if (complete > 0) verdict = `FORWARD ${complete}`;
  else if (statuses.length > 0) verdict = `REJECT ${statuses[0]}`;
  else if (client.closed) verdict = 'REJECT closed';
  client.leave();
  await upstream.settle(ANSWER_LIMIT_MS);
  signals.end();
  return { verdict, statuses, problems };
}

function judge(ct: Test, request: CorpusRequest, outcome: Outcome): void {
  const id = `${request.suite}/${request.name}`;
  const report = { raw: request.raw, envoy: request.envoy, envoyStatuses: request.statuses, ...outcome };
  const listed = HTTP1_DIFFERENCES.find((difference) => difference.names.includes(id));
  if (outcome.problems.length > 0) {
    ct.fail(`${id}: what leaves can be read in two ways`, { report });
  } else if (listed) {
    ct.equal(outcome.verdict, listed.remora, `${id}: as listed (${listed.reason})`, { report });
    ct.not(outcome.verdict, request.envoy, `${id}: the listed difference still is one`, { report });
    ct.notOk(request.envoy.startsWith('REJECT') && !outcome.verdict.startsWith('REJECT'), `${id}: not more lenient`, {
      report,
    });
  } else {
    const same = outcome.verdict === request.envoy && outcome.statuses.join() === request.statuses.join();
    ct.ok(same, `${id}: ${request.envoy}`, { report });
  }
}

if (!existsSync(CORPUS)) {
  t.test('HTTP/1 corpus', { skip: '../shared/corpus/http1-requests.json is absent' }, () => {});
} else {
  t.test('HTTP/1 corpus', { timeout: 120_000 }, async (ct) => {
    const requests = JSON.parse(readFileSync(CORPUS, 'utf8')) as CorpusRequest[];
    const folder = mkdtempSync(join(tmpdir(), 'corpus-'));
    const ports = { ADMIN: await freePort(), LISTEN: await freePort(), UPSTREAM: await freePort() };
    const upstream = new ScriptedUpstream('UPSTREAM', new Signals());
    await upstream.listen(ports.UPSTREAM);
    let config = readFileSync(join(import.meta.dirname, 'http1-default.yaml'), 'utf8');
    for (const [name, port] of Object.entries(ports)) config = config.replaceAll(`"@${name}@"`, String(port));
    ct.teardown(() => {
      upstream.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const proxy = await ProxyProcess.start(kind, config, ports.ADMIN, folder, []);
    ct.teardown(() => proxy.stop());
    for (const request of requests) judge(ct, request, await play(request, ports.LISTEN, upstream));
    ct.equal(proxy.exited, null, 'the proxy is still there');
    const names = new Set(requests.map((request) => `${request.suite}/${request.name}`));
    for (const name of HTTP1_DIFFERENCES.flatMap((difference) => difference.names))
      ct.ok(names.has(name), `${name} is in the corpus`);
  });
}
