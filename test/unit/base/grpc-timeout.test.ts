// The text of grpc-timeout.
import t from 'tap';
import { formatGrpcTimeout, parseGrpcTimeout } from '../../../src/base/grpc-timeout.ts';

t.test('units, rounded up to milliseconds', (t) => {
  for (const [text, milliseconds] of [
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3000],
    ['4m', 4],
    ['1500u', 2],
    ['1n', 1],
    ['0m', 0],
    ['99999999S', 99_999_999_000],
  ] as const)
    t.equal(parseGrpcTimeout(text), milliseconds, text);
  t.end();
});

t.test('what is no timeout', (t) => {
  for (const text of [undefined, '', 'm', '1', '1x', '-1m', '1.5S', '123456789S', ' 1S'])
    t.equal(parseGrpcTimeout(text), undefined, String(text));
  t.end();
});

t.test('the finest unit that holds the number', (t) => {
  t.equal(formatGrpcTimeout(250), '250m');
  t.equal(formatGrpcTimeout(100_000_000), '100000S');
  t.equal(formatGrpcTimeout(99_999_999 * 3_600_000), '99999999H');
  t.end();
});
