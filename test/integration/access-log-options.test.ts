// access_log_options and the two fields it replaces: one or the other.
import t from 'tap';
import { directResponse } from '../support/bootstrap.ts';
import { Client } from '../support/client.ts';
import { remora } from '../support/remora.ts';

t.test('access_log_options beside a field that it replaces is refused, as by Envoy', async (t) => {
  for (const field of [{ accessLogFlushInterval: '1s' }, { flushAccessLogOnNewRequest: true }]) {
    const connectionManager = { accessLogOptions: { flushAccessLogOnNewRequest: true }, ...field };
    await t.rejects(remora(t, { routes: [directResponse('hello')], connectionManager }).to());
    const proxy = await remora(t, { routes: [directResponse('hello')], connectionManager: field }).to();
    t.match(await new Client(t).get(proxy, '/'), { status: 200 });
  }
});
