// Clients of HTTP/2 that people use: curl, nghttp, Go's net/http, undici. Each gets right answers, by prior knowledge and by
// ALPN, from an upstream of either protocol. What is not installed is skipped by name.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import t, { type Test } from 'tap';
import { Agent, request } from 'undici';
import { echoUpstream, http2Upstream } from '../integration/http2/upstreams.ts';
import { type RunningProxy, remora } from '../support/remora.ts';
import { withoutGo } from './go-tool.ts';
import { downstreamTls, type Pem, pemFiles, pemTexts, serverName, upstreamHttp2 } from './tls-setup.ts';

const texts = await pemTexts();

function without(program: string): string | false {
  return spawnSync(program, ['--version']).status === 0 ? false : `${program} is not installed`;
}

async function run(program: string, options: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, options, { timeout: 60_000 });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString('latin1')));
  child.stderr.on('data', (text: Buffer) => (output += text.toString('latin1')));
  child.stdin.end(input);
  await once(child, 'close');
  return output;
}

interface Arrangement {
  readonly plain: RunningProxy;
  readonly tls: RunningProxy;
  readonly pem: Pem;
}

async function arrange(t: Test, upHttp2: boolean): Promise<Arrangement> {
  const app = upHttp2
    ? await http2Upstream(t, (stream, headers) => {
        stream.respond({ ':status': 200, 'x-id': headers['x-id'] ?? '', 'x-path': headers[':path'] ?? '' });
        stream.pipe(stream);
      })
    : await echoUpstream(t);
  const cluster = upHttp2 ? upstreamHttp2() : {};
  return {
    plain: await remora(t, { cluster }).to(app),
    tls: await remora(t, { cluster, chain: downstreamTls(texts) }).to(app),
    pem: await pemFiles(t),
  };
}

const big = 'a line of forty octets, most of the time\n'.repeat(50_000);

for (const upHttp2 of [false, true]) {
  const up = `upstream HTTP/${upHttp2 ? 2 : 1}`;

  t.test(`curl, ${up}`, { skip: without('curl') }, async (t) => {
    const { plain, tls, pem } = await arrange(t, upHttp2);
    const toTls = ['--connect-to', `${serverName}:${tls.port}:127.0.0.1:${tls.port}`, '--cacert', pem.ca];
    const ways = {
      'prior knowledge': ['--http2-prior-knowledge', `${plain.origin}/way`],
      ALPN: ['--http2', ...toTls, `https://${serverName}:${tls.port}/way`],
    };
    for (const [way, options] of Object.entries(ways)) {
      const head = await run('curl', ['-sS', '-i', '-H', 'x-id: 7', ...options]);
      t.match(head, /^HTTP\/2 200/, way);
      t.match(head, /x-path: \/way/);
      t.equal(await run('curl', ['-sS', '--data-binary', '@-', ...options], big), big, `${way}: two megabytes`);
      // curl 7.88 by prior knowledge fails at its own second request, whoever answers.
      if (way !== 'ALPN') continue;
      const shown = ['-sS', '-o', '/dev/null', '-w', '%{http_version} %{http_code} %{num_connects}\\n'];
      const twice = await run('curl', [...shown, ...options, options.at(-1) ?? '', '-o', '/dev/null']);
      t.equal(twice, '2 200 1\n2 200 0\n', `${way}: the second on the same connection`);
    }
    // What Envoy does not offer: the request is answered all the same.
    const upgrade = await run('curl', ['-sS', '-i', '--http2', `${plain.origin}/way`]);
    t.match(upgrade, /^HTTP\/1.1 200/, 'an upgrade from HTTP/1.1 is passed over');
  });

  t.test(`nghttp, ${up}`, { skip: without('nghttp') }, async (t) => {
    const { plain, tls } = await arrange(t, upHttp2);
    for (const origin of [plain.origin, `https://127.0.0.1:${tls.port}`]) {
      const urls = Array.from({ length: 20 }, (_, i) => `${origin}/n${i}`);
      const output = await run('nghttp', ['-nv', ...urls]);
      t.equal(output.match(/:status: 200/g)?.length, 20, origin);
      t.equal(output.match(/x-path: \/n\d+/g)?.length, 20);
      t.notMatch(output, /RST_STREAM|(PROTOCOL|INTERNAL|FLOW_CONTROL|COMPRESSION)_ERROR/);
      // Windows of 2^10 octets, padding, a table of no octets.
      const small = ['-nv', '-w', '10', '-W', '10', '-b', '50', '-c', '0', '--data', '-', `${origin}/small`];
      const echoed = await run('nghttp', small, big.slice(0, 100_000));
      t.match(echoed, /:status: 200/);
      const sizes = [...echoed.matchAll(/recv DATA frame <length=(\d+)/g)].map(([, size]) => Number(size));
      t.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        100_000,
      );
    }
  });

  t.test(`Go's net/http, ${up}`, { skip: withoutGo, timeout: 120_000 }, async (t) => {
    const { tls, pem } = await arrange(t, upHttp2);
    const program = resolve('node_modules/.cache/go-client');
    const built = spawnSync('go', ['build', '-o', program, 'test/interop/go-client/main.go'], { encoding: 'utf8' });
    t.equal(built.status, 0, built.stderr);
    t.equal(await run(program, [`https://127.0.0.1:${tls.port}`, pem.ca, serverName]), 'done\n');
    t.ok(tls.stat('http.test.downstream_cx_http2_total') > 0);
    t.equal(tls.stat('http.test.downstream_cx_http1_total'), 0);
  });

  t.test(`undici, ${up}`, async (t) => {
    const { tls } = await arrange(t, upHttp2);
    const dispatcher = new Agent({ allowH2: true, connect: { ca: texts.ca, servername: serverName } });
    t.teardown(() => dispatcher.destroy());
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const body = `${i} `.repeat(i * 500);
        const url = `https://127.0.0.1:${tls.port}/n${i}`;
        const answer = await request(url, { dispatcher, method: 'POST', headers: { 'x-id': String(i) }, body });
        return answer.statusCode === 200 && answer.headers['x-id'] === String(i) && (await answer.body.text()) === body;
      }),
    );
    t.ok(answers.every((right) => right));
    t.equal(tls.stat('http.test.downstream_rq_http2_total'), 50);
  });
}
