// What Envoy 1.40's http_inspector said of each of these, asked one by one.
import t from 'tap';
import { HttpDetector } from '../../../../src/extensions/filters/listener/http-inspector/detector.ts';

const asked: readonly (readonly [string, string])[] = [
  ['\x16\x03\x01\x02\x00\x01', 'none'],
  ['\x16', 'none'],
  ['\r', 'none'],
  ['\n\nGET / HTTP/1.1\r\n', 'none'],
  [' GET / HTTP/1.1\r\n', 'none'],
  ['G\x01', 'none'],
  ['G@T / HTTP/1.1\r\n', 'none'],
  ['hello', 'more'],
  ['hello\r\n', 'none'],
  ['GET', 'more'],
  ['GET /x', 'more'],
  ['GET /x y HTTP', 'more'],
  ['GET /x HTTP/1.1\r', 'more'],
  ['GET /x HTTP/1.1\r\n', 'http/1.1'],
  ['GET /x HTTP/1.1\n', 'http/1.1'],
  ['GET  /x HTTP/1.1\r\n', 'http/1.1'],
  ['GET\t/x HTTP/1.1\r\n', 'http/1.1'],
  ['GET /x\tHTTP/1.1\r\n', 'http/1.1'],
  ['GET /x HTTP/1.1 \r\n', 'http/1.1'],
  ['GET /\x01 HTTP/1.1\r\n', 'http/1.1'],
  ['BREW /x HTTP/1.1\r\n', 'http/1.1'],
  ['GET *x HTTP/1.1\r\n', 'http/1.1'],
  ['GET ftp://h/x HTTP/1.1\r\n', 'http/1.1'],
  ['GET http:// HTTP/1.1\r\n', 'http/1.1'],
  ['CONNECT h HTTP/1.1\r\n', 'http/1.1'],
  ['CONNECT / HTTP/1.1\r\n', 'http/1.1'],
  ['GET http:/h HTTP/1.1\r\n', 'none'],
  ['GET ?x HTTP/1.1\r\n', 'none'],
  ['GET x HTTP/1.1\r\n', 'none'],
  ['GET HTTP/1.1\r\n', 'none'],
  ['GET /\x80 HTTP/1.1\r\n', 'none'],
  ['GET /x y HTTP/1.1\r\n', 'none'],
  ['GET /x http/1.1\r\n', 'none'],
  ['GET /x HTTP/3\r\n', 'none'],
  ['GET /x HTTP/11\r\n', 'none'],
  ['GET /x HTTP/1.1x\r\n', 'none'],
  ['GET \r\n', 'none'],
  ['GET /x\r\n', 'http/1.0'],
  ['GET /x HTTP/0.9\r\n', 'http/1.0'],
  ['GET /x HTTP/1.2\r\n', 'http/1.0'],
  ['GET /x HTTP/2.0\r\n', 'http/1.0'],
  ['PRI', 'more'],
  ['PRI * HTTP/2', 'more'],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'h2c'],
  ['PRI * HTTP/2.0\r\n\r\nXX', 'http/1.0'],
  ['PRI * HTTP/1.1\r\n', 'http/1.1'],
];

t.test('in one piece, and byte by byte', (t) => {
  for (const [text, answer] of asked) {
    const bytes = Buffer.from(text, 'latin1');
    t.equal(new HttpDetector().detect(bytes), answer, JSON.stringify(text));
    const detector = new HttpDetector();
    let last = 'more';
    for (let length = 1; length <= bytes.length && last === 'more'; length++)
      last = detector.detect(bytes.subarray(0, length));
    t.equal(last, answer, `${JSON.stringify(text)} byte by byte`);
  }
  t.end();
});
