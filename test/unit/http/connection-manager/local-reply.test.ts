// What a local reply says: nothing of the inside, unless the runtime lets it.
import t from 'tap';
import { RuntimeFlag } from '../../../../src/base/runtime.ts';
import { explainKey, prepareLocalReply } from '../../../../src/http/connection-manager/local-reply.ts';
import { RequestHeaders } from '../../../../src/http/headers/header-map.ts';
import { headerName, Names } from '../../../../src/http/headers/name.ts';
import { StreamInfo } from '../../../../src/observability/stream-info.ts';
import { downstreamInfo, managerOf } from '../../../support/connection-manager.ts';
import { FakeRuntime } from '../../../support/fake-runtime.ts';

const explaining = { localReplies: null, explainReplies: { value: true } };
const silent = { localReplies: null, explainReplies: { value: false } };
const oldHttp = 'GET / HTTP/1.0\r\nHost: a\r\n\r\n';

t.test('the cause stays in the log by default', (t) => {
  const { send, connection } = managerOf([]);
  send(oldHttp);
  t.match(connection.written, /^HTTP\/1\.1 426 .*\r\n\r\nUpgrade Required$/s);
  t.end();
});

t.test('remora.explain_local_replies adds the cause to the body', (t) => {
  const runtime = new FakeRuntime();
  const { send, connection } = managerOf([], { explainReplies: new RuntimeFlag(false, explainKey, runtime) });
  runtime.set(explainKey, true);
  send(oldHttp);
  t.match(connection.written, /\r\n\r\nUpgrade Required: the HTTP version is missing or not accepted$/);
  const length = Number(/content-length: (\d+)/.exec(connection.written)?.[1]);
  t.equal(connection.written.split('\r\n\r\n')[1]?.length, length);
  t.end();
});

t.test('a reply without a body gets the cause as its body, one without a cause nothing', (t) => {
  const info = new StreamInfo(0, 0, downstreamInfo);
  info.explanation = { cause: 'no route for grüße' };
  const reply = { status: 404, body: '', details: 'route_not_found' };
  t.equal(
    prepareLocalReply(reply, { headers: null, matchedRoute: null, info }, explaining).body?.toString(),
    'no route for grüße',
  );
  t.equal(prepareLocalReply(reply, { headers: null, matchedRoute: null, info }, silent).body, null);
  info.explanation = '';
  t.equal(prepareLocalReply(reply, { headers: null, matchedRoute: null, info }, explaining).body, null);
  t.end();
});

t.test('gRPC clients read it in the message, byte for byte', (t) => {
  const info = new StreamInfo(0, 0, downstreamInfo);
  info.explanation = 'ü';
  const request = new RequestHeaders();
  request.append(Names.contentType, 'application/grpc');
  const reply = { status: 503, body: 'no healthy upstream', details: 'no_healthy_upstream' };
  const { headers, body } = prepareLocalReply(reply, { headers: request, matchedRoute: null, info }, explaining);
  t.equal(headers.get(headerName('grpc-message')), 'no healthy upstream: %C3%BC');
  t.equal(headers.status, 200);
  t.equal(body, null);
  t.end();
});
