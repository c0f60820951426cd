// Host and port of absolute URLs, and which Referer may be passed on.
import t from 'tap';
import { hostAndPortOf, isValidReferer } from '../../../src/base/absolute-url.ts';

t.test('host and port as spelled', async (t) => {
  for (const [url, expected] of [
    ['http://a.test', 'a.test'],
    ['http://a.test:80/x?y#z', 'a.test:80'],
    ['https://user:word@A.test?x', 'A.test'],
    ['a1+.-://a', 'a'],
    ['http://[::1]:8/', '[::1]:8'],
    ['http://a:65536', undefined],
    ['http://a:', undefined],
    ['http://[1]', undefined],
    ['http://a_b', undefined],
    ['http://a#b', undefined],
    ['1a://b', undefined],
    ['a.test', undefined],
    ['', undefined],
  ] as const) {
    t.equal(hostAndPortOf(url), expected, url);
  }
});

t.test('Referer', async (t) => {
  for (const valid of ['', 'http://a.test/b?c', '/b', 'a.test/b:c', 'a?b']) t.ok(isValidReferer(valid), valid);
  for (const invalid of ['http://u@a.test', 'http://a.test/#b', 'a:b', '/a b', '/#a']) {
    t.notOk(isValidReferer(invalid), invalid);
  }
});
