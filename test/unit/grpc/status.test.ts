// Where a call's status comes from: the same as the real Envoy, asked with an ADS server that ends its streams so.
import t from 'tap';
import {
  codeName,
  GrpcCode,
  percentDecode,
  statusOfFailure,
  statusOfHttp,
  statusOfTrailers,
} from '../../../src/grpc/status.ts';
import { HeaderMap } from '../../../src/http/headers/header-map.ts';
import { headerName } from '../../../src/http/headers/name.ts';

function trailers(values: Readonly<Record<string, string>>): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(values)) map.append(headerName(name), value);
  return map;
}

t.test('trailers', (t) => {
  const code = (text: string): number => statusOfTrailers(trailers({ 'grpc-status': text }), 200).code;
  t.equal(code('0'), 0);
  t.equal(code('7'), 7);
  t.equal(code('16'), 16);
  for (const invalid of ['99', '17', 'foo', '-1', '1.5']) t.equal(code(invalid), GrpcCode.Invalid, invalid);
  t.equal(code(''), GrpcCode.Unknown);
  t.equal(statusOfTrailers(trailers({}), 200).code, GrpcCode.Unknown);
  t.equal(statusOfTrailers(trailers({}), 503).code, GrpcCode.Unavailable);
  t.equal(statusOfTrailers(trailers({ 'grpc-status': '9' }), 503).code, GrpcCode.FailedPrecondition);
  const told = statusOfTrailers(trailers({ 'grpc-status': '5', 'grpc-message': 'no%20such%e2%82%ac %zz' }), 200);
  t.equal(told.message, 'no%20such%e2%82%ac %zz', 'as it came');
  t.match(told.cause, /NotFound: no such€ %zz/);
  t.end();
});

t.test('the HTTP status', (t) => {
  const codes = { 400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14, 500: 2, 302: 2, 200: 2 };
  for (const [status, code] of Object.entries(codes)) t.equal(statusOfHttp(Number(status)).code, code, status);
  t.end();
});

t.test('failures', (t) => {
  const failure = { body: 'b', details: 'd', cause: 'c' };
  t.same(statusOfFailure({ ...failure, status: 503 }), { code: 14, message: 'b', details: 'd', cause: 'c' });
  t.equal(statusOfFailure({ ...failure, status: 504 }).code, 14, 'a timeout is the HTTP status of one');
  t.equal(statusOfFailure({ ...failure, status: 0 }).code, 13, 'the answer had begun');
  t.end();
});

t.test('words', (t) => {
  t.equal(codeName(14), 'Unavailable');
  t.equal(codeName(-1), 'Invalid');
  t.equal(codeName(40), 'Invalid');
  t.equal(percentDecode('a%20%e2%82%ac%'), 'a €%');
  t.end();
});
