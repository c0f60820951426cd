// Our verdict on every case of support/cases.ts beside the one recorded from Envoy 1.40: the same status and
// response-code details, and where it forwards, the same message. Where we are stricter, `differences.ts` says why.
import { readFileSync } from 'node:fs';
import t from 'tap';
import type { Http1Settings } from '../../../../src/http/codec/api.ts';
import { RequestHeaders, ResponseHeaders } from '../../../../src/http/headers/header-map.ts';
import { headerName, Names } from '../../../../src/http/headers/name.ts';
import { type OptionSet, type RequestCase, type ResponseCase, requestCases, responseCases } from './support/cases.ts';
import { requestDifferences, responseDifferences } from './support/differences.ts';
import { ClientFixture, type RecordedRequest, ServerFixture } from './support/recorder.ts';

interface RecordedRequestCase {
  readonly verdicts: readonly string[];
  readonly upstream?: { method: string; path: string; host?: string; x?: string; body: string };
}
interface RecordedResponseCase {
  readonly verdicts: readonly string[];
  readonly body: string;
  readonly status: string;
}
const recorded = JSON.parse(readFileSync(new URL('support/recorded.json', import.meta.url), 'utf8')) as {
  readonly requests: Readonly<Record<string, RecordedRequestCase>>;
  readonly responses: Readonly<Record<string, RecordedResponseCase>>;
};

const settings: Record<OptionSet, Partial<Http1Settings>> = {
  default: {},
  lenient: {
    acceptHttp10: true,
    defaultHostForHttp10: 'dh',
    enableTrailers: true,
    allowChunkedLength: true,
    headersWithUnderscores: 'reject',
  },
  other: { allowAbsoluteUrl: false, allowCustomMethods: true, headersWithUnderscores: 'drop' },
};

/** Envoy's connection manager refuses these, its codec does not. */
const notTheCodec = [
  'upgrade_failed',
  'connect_response',
  'missing_host_header',
  'absolute_path_rejected',
  'path_normalization_failed',
  'query_missing_content_type',
];

/** `status details` of each message, in Envoy's terms as far as a codec can know. */
function ourRequestVerdicts(entry: RequestCase): { verdicts: string[]; first: RecordedRequest | null } {
  const server = new ServerFixture(settings[entry.options]);
  server.whenComplete = (request) => request.stream.encodeHeaders(new ResponseHeaders(200), true);
  const error = server.feed(entry.raw);
  const verdicts = server.requests.map((request) => {
    if (request.malformed !== null) return `${request.malformed.status} ${request.malformed.details}`;
    return request.complete || request.headers?.method === 'CONNECT' ? 'accepted' : 'incomplete';
  });
  t.equal(
    error !== null,
    verdicts.some((verdict) => /^\d/.test(verdict)),
    `${entry.name}: dispatch says so`,
  );
  return { verdicts: verdicts.length === 0 ? ['incomplete'] : verdicts, first: server.requests[0] ?? null };
}

function envoyRequestVerdict(verdict: string): string {
  const [status = '', details = ''] = verdict.split(' ');
  if (status === '0' || details === 'downstream_remote_disconnect') return 'incomplete';
  if (details === 'via_upstream' || details === 'direct_response' || notTheCodec.includes(details)) return 'accepted';
  return `${status} ${details}`;
}

t.test('requests', (t) => {
  const unused = new Set(Object.keys(requestDifferences));
  for (const entry of requestCases) {
    const envoy = recorded.requests[entry.name];
    if (envoy === undefined) {
      t.fail(`${entry.name}: not recorded`);
      continue;
    }
    const { verdicts, first } = ourRequestVerdicts(entry);
    const theirs = envoy.verdicts.map(envoyRequestVerdict);
    const difference = requestDifferences[entry.name];
    if (difference !== undefined) {
      unused.delete(entry.name);
      t.notSame(verdicts, theirs, `${entry.name}: still a difference`);
      t.equal(verdicts.at(-1), difference.ours, `${entry.name}: ${difference.why}`);
      continue;
    }
    t.same(verdicts, theirs, `${entry.name}: verdict`);
    const { upstream } = envoy;
    if (upstream === undefined || first === null || theirs[0] !== 'accepted') continue;
    const { headers } = first;
    if (headers === null) continue;
    t.equal(headers.method, upstream.method, `${entry.name}: method`);
    t.equal(headers.path, upstream.path, `${entry.name}: path`);
    t.equal(headers.authority, upstream.host ?? '', `${entry.name}: host`);
    if (upstream.x !== undefined) t.equal(headers.get(headerName('x')), upstream.x, `${entry.name}: field`);
    if (first.body !== '' && !upstream.body.endsWith(' octets')) {
      const body = upstream.body.startsWith(first.body)
        ? first.body
        : `${first.body.length.toString(16)}\r\n${first.body}`;
      t.ok(upstream.body.startsWith(body), `${entry.name}: body`);
    }
  }
  t.same([...unused], [], 'every difference names a case');
  t.end();
});

function ourResponseVerdict(entry: ResponseCase): { verdict: string; body: string; status: number } {
  const client = new ClientFixture({ maxHeadersBytes: 80 * 1024 });
  const { stream, response } = client.open();
  const request = new RequestHeaders();
  request.method = entry.request.startsWith('HEAD') ? 'HEAD' : 'GET';
  request.path = '/';
  request.authority = 'h';
  if (entry.request.includes('Upgrade')) {
    request.protocol = 'websocket';
    request.append(Names.connection, 'upgrade');
    request.append(Names.upgrade, 'websocket');
  }
  stream.encodeHeaders(request, request.protocol === '');
  let error = entry.raw === '' ? null : client.feed(entry.raw);
  if (error === null && entry.close) {
    error = client.codec.onEndOfInput();
    if (error === null && !response.complete) return { verdict: 'connection_termination', body: '', status: 0 };
  }
  // What follows a complete response is an offence, but does not undo it.
  if (response.complete) error = null;
  const verdict =
    error !== null ? 'protocol_error' : response.complete || request.protocol !== '' ? 'accepted' : 'incomplete';
  return { verdict, body: response.body, status: response.headers?.status ?? 0 };
}

function envoyResponseVerdict(verdict: string): string {
  const [, details = ''] = verdict.split(' ');
  return /\{(.*)\}/.exec(details)?.[1] ?? (details === '-' ? 'incomplete' : 'accepted');
}

t.test('responses', (t) => {
  const unused = new Set(Object.keys(responseDifferences));
  for (const entry of responseCases) {
    const envoy = recorded.responses[entry.name];
    if (envoy === undefined) {
      t.fail(`${entry.name}: not recorded`);
      continue;
    }
    const ours = ourResponseVerdict(entry);
    const theirs = envoyResponseVerdict(envoy.verdicts[0] ?? '');
    const difference = responseDifferences[entry.name];
    if (difference !== undefined) {
      unused.delete(entry.name);
      t.not(ours.verdict, theirs, `${entry.name}: still a difference`);
      t.equal(ours.verdict, difference.ours, `${entry.name}: ${difference.why}`);
      continue;
    }
    t.equal(ours.verdict, theirs, `${entry.name}: verdict`);
    if (theirs === 'accepted' && ours.verdict === 'accepted')
      t.equal(ours.status, Number(envoy.status), `${entry.name}: status`);
  }
  t.same([...unused], [], 'every difference names a case');
  t.end();
});
