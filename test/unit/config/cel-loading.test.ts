// When the CEL library is loaded: in the order of this file, since it stays.
import t from 'tap';
import { loadedCel } from '../../../src/base/cel.ts';
import { ConfigContext, loadCelWhereUsed, loadMessage } from '../../../src/config/api.ts';
import { noteCelText } from '../../../src/config/semantic/cel.ts';
import type { SubstitutionFormatString } from '../../../src/generated/envoy/config/core/v3/substitution_format_string_pb.d.ts';

const load = (value: unknown) =>
  loadMessage<SubstitutionFormatString>('envoy.config.core.v3.SubstitutionFormatString', {
    name: 'format.json',
    format: 'json',
    text: JSON.stringify(value),
  });

t.test('not for formats without expressions', async (t) => {
  await load({ text_format_source: { inline_string: '%PROTOCOL%' } });
  await load({ json_format: { a: ['%PROTOCOL%', 1, null] } });
  await load({ text_format_source: { filename: '/nowhere' } });
  t.equal(loadedCel(), null);
});

t.test('wherever an expression stands', async (t) => {
  for (const value of ['%CEL(1)%', { a: ['%TYPED_CEL(1)%'] }]) {
    const context = new ConfigContext();
    noteCelText(value, context);
    t.equal(context.usesCel, true);
  }
  process.env['FORMAT_WITH_CEL'] = '%CEL(1)%';
  await load({ text_format_source: { environment_variable: 'FORMAT_WITH_CEL' } });
  t.not(loadedCel(), null);
  await loadCelWhereUsed(new ConfigContext());
});
