// Streams of hours, as gRPC has them: bytes of either direction keep them alive, and durations end them whatever flows.
import t from 'tap';
import { HeaderMap, ResponseHeaders } from '../../../../src/http/headers/header-map.ts';
import { headerName, Names } from '../../../../src/http/headers/name.ts';
import { type ManagerFixture, managerOf } from '../../../support/connection-manager.ts';
import { ScriptedFactory, type ScriptedFilter } from '../../../support/scripted-filter.ts';

const hour = 3_600_000;
const minute = 60_000;
const message = '8\r\n\0\0\0\0\x03abc\r\n';

function call(changes: Parameters<typeof managerOf>[1]): ManagerFixture & { readonly app: ScriptedFilter } {
  const factory = new ScriptedFactory('last', true);
  const fixture = managerOf([factory], changes);
  fixture.send(
    'POST /a.B/One HTTP/1.1\r\nHost: a\r\ncontent-type: application/grpc\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  return { ...fixture, app: factory.last };
}

function begin(app: ScriptedFilter): void {
  const headers = new ResponseHeaders(200);
  headers.append(Names.contentType, 'application/grpc');
  app.decoder.encodeHeaders(headers, false, 'via_upstream');
}

const idle = { streamIdleTimeoutMs: 5 * minute };

t.test('messages of the client alone keep a call alive for hours', async (t) => {
  const { app, send, timers, connection, stat } = call(idle);
  for (let passed = 0; passed < 6 * hour; passed += 4 * minute) {
    timers.advance(4 * minute);
    send(message);
  }
  t.equal(stat('downstream_rq_idle_timeout'), 0);
  t.notOk(connection.closed);
  t.equal(app.destroyed, 0);
});

t.test('messages of the upstream alone do too, and the call still ends with trailers', async (t) => {
  const { app, send, timers, connection } = call(idle);
  begin(app);
  for (let passed = 0; passed < 6 * hour; passed += 4 * minute) {
    timers.advance(4 * minute);
    app.decoder.encodeData(Buffer.from('abc'), false);
  }
  t.notOk(connection.closed);
  send('0\r\n\r\n');
  const trailers = new HeaderMap();
  trailers.append(headerName('grpc-status'), '0');
  app.decoder.encodeTrailers(trailers);
  t.match(connection.written, /abc\r\n0\r\n(grpc-status: 0\r\n)?\r\n$/);
  t.equal(app.destroyed, 1);
});

t.test('a call on which nobody says anything is over, before its answer with a status', async (t) => {
  const { timers, connection, stat } = call(idle);
  timers.advance(5 * minute + 1);
  t.equal(stat('downstream_rq_idle_timeout'), 1);
  t.match(connection.written, /grpc-status: 2\r\ngrpc-message: stream timeout\r\n/);
});

t.test('the same within its answer is a reset', async (t) => {
  const { app, timers, connection } = call(idle);
  begin(app);
  timers.advance(4 * minute);
  app.decoder.encodeData(Buffer.from('abc'), false);
  timers.advance(4 * minute);
  t.notOk(connection.closed);
  timers.advance(minute + 1);
  t.ok(connection.closed);
  t.notMatch(connection.written, /grpc-status/);
});

t.test('without timeouts a silent call lasts for days', async (t) => {
  const { app, timers, connection } = call({});
  begin(app);
  timers.advance(72 * hour);
  app.decoder.encodeData(Buffer.from('late'), false);
  t.match(connection.written, /late/);
});

t.test('max_stream_duration ends a call whatever flows: DEADLINE_EXCEEDED before its answer', async (t) => {
  const { send, timers, connection, stat } = call({ ...idle, maxStreamDurationMs: hour });
  for (let passed = 0; passed < hour; passed += 2 * minute) {
    timers.advance(2 * minute);
    send(message);
  }
  timers.advance(1);
  t.equal(stat('downstream_rq_max_duration_reached'), 1);
  t.match(connection.written, /grpc-status: 4\r\ngrpc-message: downstream duration timeout\r\n/);
});
