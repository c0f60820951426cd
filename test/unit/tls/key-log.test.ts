// The configuration of key logs, as it is read.
import t from 'tap';
import { readTlsContext } from '../../support/tls-context.ts';

const keyLog = (fields: string): string => `common_tls_context:\n  key_log: { ${fields} }`;

t.test('what cannot be logged to is an error, at both ends', async (t) => {
  for (const side of ['downstream', 'upstream'] as const) {
    t.notMatch((await readTlsContext(side, keyLog('path: /tmp/keys'))).errors.join(), /key_log/);
    const { errors } = await readTlsContext(side, keyLog('path: /nowhere/keys'));
    t.match(errors.join(), /key_log.path: the file cannot be opened: there is no such folder/);
  }
});

t.test('ranges are of addresses', async (t) => {
  const range = 'local_address_range: [{ address_prefix: host.test, prefix_len: 8 }]';
  const { errors } = await readTlsContext('downstream', keyLog(`path: /tmp/keys, ${range}`));
  t.match(errors.join(), /address_prefix: 'host.test' is no IP address/);
});
