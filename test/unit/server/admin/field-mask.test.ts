import t from 'tap';
import { messageDescriptor } from '../../../../src/config/api.ts';
import { applyMask, isValidPath, parseFieldMask } from '../../../../src/server/admin/field-mask.ts';

t.test('paths', (t) => {
  const dump = messageDescriptor('envoy.admin.v3.BootstrapConfigDump');
  t.ok(isValidPath(dump, ['bootstrap']));
  t.ok(isValidPath(dump, ['bootstrap', 'node', 'id']));
  t.ok(isValidPath(dump, ['bootstrap', 'static_resources', 'listeners']), 'a list may be the end');
  t.notOk(isValidPath(dump, ['bootstrap', 'static_resources', 'listeners', 'name']), 'and not be passed through');
  t.notOk(isValidPath(dump, ['bootstrap', 'nonsense']));
  t.notOk(isValidPath(dump, ['bootstrap', 'node', 'id', 'x']), 'a text has no fields');
  t.notOk(isValidPath(dump, ['bootstrap', 'staticResources']), 'names are those of the API');
  t.end();
});

t.test('a mask keeps what it names, in the order of the value', (t) => {
  const value = { '@type': 'x', a: { b: 1, c: { d: 2, e: 3 } }, f: [1], g: 'text' };
  const mask = parseFieldMask('g,a.c.d,f');
  t.equal(JSON.stringify(applyMask(value, mask)), '{"@type":"x","a":{"c":{"d":2}},"f":[1],"g":"text"}');
  t.same(applyMask(value, parseFieldMask('a.b,a')), { '@type': 'x', a: value.a }, 'the wider path counts');
  t.same(applyMask(value, parseFieldMask('g.h')), { '@type': 'x' }, 'nothing below a text');
  t.same(parseFieldMask(',a,'), [['a']]);
  t.end();
});
