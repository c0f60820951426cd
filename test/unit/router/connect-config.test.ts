// Where connect_config may stand, and what it says.
import t from 'tap';
import { tryBuild } from '../../support/route-table.ts';

function withUpgrade(...upgrades: object[]): object {
  const route = { cluster: 'a', upgrade_configs: upgrades };
  return { virtual_hosts: [{ name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, route }] }] };
}

t.test('only CONNECT can end here', async (t) => {
  const { diagnostics } = await tryBuild(
    withUpgrade(
      { upgrade_type: 'websocket', connect_config: {} },
      { upgrade_type: 'CONNECT-UDP', connect_config: {} },
      { upgrade_type: 'connect', connect_config: {} },
    ),
  );
  const path = 'virtual_hosts[0].routes[0].route.upgrade_configs';
  t.match(diagnostics, [
    { severity: 'error', code: 'RMR0600', path: `${path}[0].connect_config`, message: /not with "websocket"/ },
    { severity: 'error', code: 'RMR0306', path: `${path}[1].connect_config` },
  ]);
  t.equal(diagnostics.length, 2);
});

t.test('an upgrade without it passes CONNECT on', async (t) => {
  const { table, diagnostics } = await tryBuild(withUpgrade({ upgrade_type: 'CONNECT' }));
  t.same(diagnostics, []);
  t.ok(table);
});
