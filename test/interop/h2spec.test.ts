// h2spec, which nobody here wrote, against a listener of HTTP/2, in the clear and over TLS: every case, strictly. Needs Go,
// whose module proxy it comes from; a machine without Go skips it by name.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { upstream } from '../integration/http2/upstreams.ts';
import { remora } from '../support/remora.ts';
import { goTool, withoutGo } from './go-tool.ts';
import { downstreamTls, pemTexts } from './tls-setup.ts';

const program = 'github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible';

t.test('h2spec --strict', { skip: withoutGo, timeout: 300_000 }, async (t) => {
  const h2spec = await goTool('h2spec', program);
  const chain = downstreamTls(await pemTexts());
  for (const [how, setup, flags] of [
    ['in the clear', {}, []],
    ['over TLS', { chain }, ['-t', '-k']],
  ] as const) {
    // It answers when it has the whole request: an earlier answer ends streams before their mistake comes.
    const app = await upstream(t, (request, response) => request.resume().on('end', () => response.end('some words')));
    const proxy = await remora(t, { connectionManager: { codecType: 'HTTP2' }, ...setup }).to(app);
    const arguments_ = ['-h', '127.0.0.1', '-p', String(proxy.port), '--strict', '-o', '3', ...flags];
    const spec = spawn(h2spec, arguments_);
    let output = '';
    spec.stdout.on('data', (text: Buffer) => {
      output += text.toString();
    });
    await once(spec, 'close');
    const failures = output.slice(output.indexOf('Failures'));
    t.match(output, /146 tests, 146 passed, 0 skipped, 0 failed/, `${how}: ${failures}`);
  }
});
