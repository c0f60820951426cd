import t from 'tap';
import { extensionTable } from '../../../src/cli/print-extensions.ts';

t.test('a table in order of category and name', (t) => {
  const load = (): Promise<{ factory: unknown }> => Promise.reject(new Error('a table loads nothing'));
  const common = { status: 'stable', securityPosture: 'unknown', load } as const;
  const table = extensionTable([
    { ...common, name: 'z', category: 'envoy.b', typeNames: ['x.Z', 'x.Y'] },
    { ...common, name: 'long-name', category: 'envoy.a', typeNames: [] },
  ]);
  t.same(table.split('\n'), [
    'NAME       CATEGORY  STATUS  SECURITY POSTURE  CONFIGURATION',
    'long-name  envoy.a   stable  unknown',
    'z          envoy.b   stable  unknown           x.Z, x.Y',
    '',
  ]);
  t.end();
});
