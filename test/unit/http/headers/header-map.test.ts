import t from 'tap';
import { HeaderMap, RequestHeaders, ResponseHeaders } from '../../../../src/http/headers/header-map.ts';
import { headerName, NameFlag, Names } from '../../../../src/http/headers/name.ts';
import { reasonPhrase } from '../../../../src/http/headers/status.ts';

const a = headerName('x-a');
const b = headerName('x-b');

function map(...fields: readonly (readonly [string, string])[]): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of fields) headers.append(headerName(name), value);
  return headers;
}
function list(headers: HeaderMap): string[] {
  return Array.from({ length: headers.size }, (_, i) => `${headers.nameAt(i).name}=${headers.valueAt(i)}`);
}

t.test('get, getJoined, has', (t) => {
  const headers = map(['x-a', '1'], ['x-b', '2'], ['X-A', '3']);
  t.equal(headers.get(a), '1');
  t.equal(headers.getJoined(a), '1,3');
  t.equal(headers.has(b), true);
  t.equal(headers.get(headerName('x-none')), undefined);
  t.equal(headers.getJoined(headerName('x-none')), undefined);
  t.equal(headers.byteSize(), 12);
  t.end();
});

t.test('set replaces the first and removes the others', (t) => {
  const headers = map(['x-a', '1'], ['x-b', '2'], ['x-a', '3'], ['x-a', '4']);
  headers.set(a, '5');
  t.same(list(headers), ['x-a=5', 'x-b=2']);
  headers.set(headerName('x-c'), '6');
  t.same(list(headers), ['x-a=5', 'x-b=2', 'x-c=6']);
  t.end();
});

t.test('appendToValue', (t) => {
  const headers = map(['x-a', '1'], ['x-b', '']);
  headers.appendToValue(a, '2');
  headers.appendToValue(b, '3');
  headers.appendToValue(headerName('x-c'), '4');
  headers.appendToValue(a, '5', ', ');
  t.same(list(headers), ['x-a=1,2, 5', 'x-b=3', 'x-c=4']);
  t.end();
});

t.test('remove and removeFlagged', (t) => {
  const headers = map(['x-a', '1'], ['connection', 'x'], ['x-b', '2'], ['x-a', '3'], ['keep-alive', 'x']);
  t.equal(headers.remove(a), 2);
  t.equal(headers.remove(a), 0);
  t.equal(headers.removeFlagged(NameFlag.HopByHop), 2);
  t.same(list(headers), ['x-b=2']);
  t.end();
});

t.test('pseudo-headers of requests', (t) => {
  const headers = new RequestHeaders();
  t.equal(headers.get(Names.path), undefined);
  headers.set(Names.method, 'GET');
  headers.append(Names.path, '/x');
  headers.set(Names.scheme, 'http');
  headers.set(Names.host, 'h');
  headers.set(Names.protocol, 'websocket');
  t.equal(headers.size, 0, 'kept apart');
  t.equal(headers.get(Names.authority), 'h');
  t.equal(headers.get(Names.host), 'h', 'host is the authority');
  t.equal(headers.getJoined(Names.host), 'h');
  t.equal(headers.getJoined(Names.method), 'GET');
  t.match(headers, { method: 'GET', path: '/x', scheme: 'http', authority: 'h', protocol: 'websocket' });
  t.end();
});

t.test('pseudo-headers of responses', (t) => {
  const headers = new ResponseHeaders(200);
  t.equal(headers.get(Names.status), '200');
  headers.set(Names.status, '404');
  t.equal(headers.status, 404);
  t.end();
});

t.test("reason phrases are Envoy's", (t) => {
  for (const [status, phrase] of [
    [100, 'Continue'],
    [101, 'Switching Protocols'],
    [103, 'Unknown'],
    [200, 'OK'],
    [306, 'Unknown'],
    [413, 'Payload Too Large'],
    [418, 'Unknown'],
    [431, 'Request Header Fields Too Large'],
    [451, 'Unknown'],
    [599, 'Last Unassigned Server Error Code'],
    [999, 'Unknown'],
  ] as const) {
    t.equal(reasonPhrase(status), phrase);
  }
  t.end();
});
