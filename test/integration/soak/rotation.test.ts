import t from 'tap';
import { soakRotation } from './rotation.ts';

// covers: envoy.extensions.transport_sockets.tls.v3.TlsCertificate.watched_directory
t.test('no request fails while every certificate is exchanged every 100 ms', async (t) => {
  const report = await soakRotation({ seconds: 6, clients: 6, everyMs: 100 });
  t.strictSame(report.failures, [], `${report.failureCount} failures`);
  t.ok(report.answered > 100, `${report.answered} answered`);
  t.ok(
    report.contextUpdates > report.rotations / 4,
    `${report.contextUpdates} contexts of ${report.rotations} rotations`,
  );
  for (const name of ['server', 'server-rsa', 'server-intermediate']) t.ok(report.met[name], `met ${name}`);
  t.comment(JSON.stringify(report));
});
