// Configurations in the shape that control planes send (control-planes/*.yaml, all of which the real Envoy accepts) are built
// to their end, and nothing in them is without effect but what belongs to later issues, named here.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { serverOptions } from '../../src/cli/server-options.ts';
import { extensions } from '../../src/extensions/manifest.ts';
import { checkConfiguration } from '../../src/server/check.ts';

const folder = join(import.meta.dirname, 'control-planes');

/** Fields without effect yet, and what they wait for. */
const later: Readonly<Record<string, string>> = {
  'HttpConnectionManager.set_current_client_cert_details': 'TLS',
  'HttpConnectionManager.tracing': 'tracing',
  'Route.decorator': 'tracing',
  'RouteAction.hash_policy': 'load balancers that hash',
};

for (const file of readdirSync(folder)) {
  t.test(file, async (t) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const options = serverOptions('remora', new Map([['config-path', file]]), {});
    const found = await checkConfiguration([{ name: file, format: 'yaml', text }], options, extensions);
    for (const { severity, code, message, position } of found) {
      if (code === 'RMR0301') continue;
      const isLater = code === 'RMR0305' && Object.keys(later).some((field) => message.includes(`.${field} has`));
      t.ok(isLater && severity === 'warning', `${position?.line ?? ''}: ${code} ${message}`);
    }
    t.notOk(found.some(({ severity }) => severity === 'error'));
  });
}
