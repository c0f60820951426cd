// CEL expressions: what is refused when they are read, and that nothing they do leaves them.
import t from 'tap';
import { CelExpression } from '../../../src/extensions/common/cel/expression.ts';
import { headerName } from '../../../src/http/headers/api.ts';
import { answered } from '../observability/access-log/context.ts';

const read = (source: string) => new CelExpression(source, headerName);

// covers: envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter.{expression, cel_config}
t.test('what is wrong with an expression is said when it is read', async (t) => {
  for (const [source, words] of [
    ['', /cannot be read/],
    ['response.code >=', /cannot be read/],
    ['foo(1)', /there is no function 'foo'/],
    ['true && [foo(1)] == {}', /there is no function 'foo'/],
    ["'a'.matches('(')", /regular expression/],
    ["['a'].exists(a, a == 'b')", /switched off/],
    ['has(connection.tls_version)', /connection\.tls_version is not implemented yet/],
    ['size(request.headers) > 0', /size of a header map/],
  ] as const) {
    t.throws(() => read(source), { message: words }, source);
  }
});

t.test('an expression that fails, or is not a boolean, is not true', async (t) => {
  const context = answered();
  for (const source of [
    '1 / 0 == 1',
    'nothing.here',
    'request.path',
    'constructor',
    'request.constructor',
    '__proto__',
  ]) {
    t.equal(read(source).isTrue(context), false, source);
  }
  t.equal(read('nothing.here || true').isTrue(context), true);
  t.equal(read('response.code == 200').isTrue(context), true);
});
