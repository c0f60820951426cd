// Secrets in a running proxy: what is said of them when they go wrong, and a reload that brings others.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import t from 'tap';
import { configureLogging } from '../../src/base/logger.ts';
import { pki } from '../parity/lib/pki.ts';
import {
  address,
  bootstrap,
  directResponse,
  httpChain,
  type Json,
  listener,
  routeConfig,
} from '../support/bootstrap.ts';
import { type RunningProxy, remora } from '../support/remora.ts';
import { until } from '../support/until.ts';

const { files } = await pki();
const tls = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3';

function write(dir: string, pair: string): void {
  for (const kind of ['pem', 'key']) writeFileSync(join(dir, `own.${kind}`), files.get(`${pair}.${kind}`) ?? '');
}

function secure(commonTlsContext: Json): Json {
  return {
    transportSocket: { name: 'tls', typedConfig: { '@type': `${tls}.DownstreamTlsContext`, commonTlsContext } },
  };
}

function answering(context: Json): Json {
  const routes = { routeConfig: routeConfig('local', [directResponse('ok')]) };
  return listener('main', address(0), [httpChain(routes, secure(context))]);
}

/** Common name of the certificate that a new connection meets. */
async function meet(proxy: RunningProxy): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ port: proxy.port, host: '127.0.0.1', servername: 'server.test', rejectUnauthorized: false });
  socket.on('secureConnect', () => resolve(String(socket.getPeerCertificate().subject.CN)));
  socket.on('error', reject);
  const name = await promise;
  socket.destroy();
  return name;
}

// covers: envoy.extensions.transport_sockets.tls.v3.TlsCertificate.watched_directory
t.test('files that the context itself names are followed where a directory is to be watched', async (t) => {
  const proxy = await remora(t, (dir) => {
    write(dir, 'server');
    const pair = {
      certificateChain: { filename: join(dir, 'own.pem') },
      privateKey: { filename: join(dir, 'own.key') },
      watchedDirectory: { path: dir },
    };
    return bootstrap([answering({ tlsCertificates: [pair] })], []);
  }).to();
  t.equal(await meet(proxy), 'server');
  const [entry] = proxy.server.secrets.inUse.entries();
  // The key without its certificate.
  writeFileSync(join(proxy.dir, 'own.key'), files.get('server-other.key') ?? '');
  await until(() => entry?.problem() !== '', 'the refusal');
  t.match(entry?.problem(), /does not belong to the certificate/);
  t.equal(await meet(proxy), 'server', 'the old pair stays');
  writeFileSync(join(proxy.dir, 'own.pem'), files.get('server-other.pem') ?? '');
  await until(() => entry?.problem() === '', 'the new pair');
  t.equal(await meet(proxy), 'server-other');
});

// covers: envoy.config.bootstrap.v3.Bootstrap.StaticResources.secrets
t.test('a reload brings other static secrets; one that is refused leaves those in force', async (t) => {
  const config = (pair: string, key = pair): Json => {
    const tlsCertificate = {
      certificateChain: { inlineString: files.get(`${pair}.pem`) ?? '' },
      privateKey: { inlineString: files.get(`${key}.key`) ?? '' },
    };
    const context = { tlsCertificateSdsSecretConfigs: [{ name: 'own' }] };
    const whole = bootstrap([answering(context)], []) as { staticResources: Json };
    return { ...whole, staticResources: { ...whole.staticResources, secrets: [{ name: 'own', tlsCertificate }] } };
  };
  const proxy = await remora(t, () => config('server')).to();
  t.equal(await meet(proxy), 'server');
  await proxy.reload(config('server-other'));
  t.equal(await meet(proxy), 'server-other');
  await proxy.reload(config('server', 'client'));
  t.equal(await meet(proxy), 'server-other', 'a key that does not fit');
});

t.test('the log of a refused secret shows nothing of it', async (t) => {
  const said: string[] = [];
  const document = (key: string): string =>
    JSON.stringify({
      resources: [
        {
          '@type': `${tls}.Secret`,
          name: 'own',
          tls_certificate: {
            certificate_chain: { inline_string: files.get('server.pem') },
            private_key: { inline_string: key },
            password: { inline_string: 'hunter2' },
          },
        },
      ],
    });
  const put = (dir: string, text: string): void => {
    writeFileSync(join(dir, 'next'), text);
    renameSync(join(dir, 'next'), join(dir, 'own.json'));
  };
  const good = document(files.get('server.key') ?? '');
  const proxy = await remora(t, (dir) => {
    put(dir, good);
    const sdsConfig = { pathConfigSource: { path: join(dir, 'own.json') }, resourceApiVersion: 'V3' };
    return bootstrap([answering({ tlsCertificateSdsSecretConfigs: [{ name: 'own', sdsConfig }] })], []);
  }).to();
  t.equal(await meet(proxy), 'server');
  configureLogging({ sink: { write: (line) => said.push(line), flush: async () => {}, flushSync() {}, reopen() {} } });
  const complaints = (): number => said.filter((line) => /was refused|unknown-field/.test(line)).length;
  const end = good.indexOf('hunter2') + 9;
  const wrong = [document(files.get('client.key') ?? ''), good.slice(0, end), good.replace('"password"', '"pasword"')];
  for (const [index, text] of wrong.entries()) {
    put(proxy.dir, text);
    await until(() => complaints() > index, 'the complaint');
  }
  t.match(said.join(''), /own\.json:1:\d+: error RMR0801/);
  t.notMatch(said.join(''), /PRIVATE KEY|hunter2|\w{40}/);
  t.equal(await meet(proxy), 'server', 'the old pair stays');
});

t.test('a secret that nobody has is an error with its name', async (t) => {
  const context = { tlsCertificateSdsSecretConfigs: [{ name: 'nobody' }] };
  await t.rejects(remora(t, () => bootstrap([answering(context)], [])).to());
});

t.test("a key log has what the client's own has", async (t) => {
  const proxy = await remora(t, (dir) => {
    write(dir, 'server');
    const pair = {
      certificateChain: { filename: join(dir, 'own.pem') },
      privateKey: { filename: join(dir, 'own.key') },
    };
    return bootstrap([answering({ tlsCertificates: [pair], keyLog: { path: join(dir, 'keys') } })], []);
  }).to();
  const keys: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({ port: proxy.port, host: '127.0.0.1', rejectUnauthorized: false });
  socket.on('keylog', (line: Buffer) => keys.push(line.toString()));
  // Its own last words are read then.
  socket.once('session', resolve);
  socket.on('error', reject);
  await promise;
  socket.destroy();
  await proxy.server.accessLogs.flush();
  const logged = readFileSync(join(proxy.dir, 'keys'), 'latin1').split(/(?<=\n)/);
  t.equal(keys.length, 5);
  t.strictSame(logged.sort(), keys.sort());
});

// covers: envoy.config.core.v3.DataSource.watched_directory
t.test(
  'SPIFFE trust bundles are followed where a directory is to be watched; one that is bad is not taken',
  async (t) => {
    const put = (dir: string, name: string): void => {
      writeFileSync(join(dir, 'next'), files.get(name) ?? '');
      renameSync(join(dir, 'next'), join(dir, 'bundles.json'));
    };
    const proxy = await remora(t, (dir) => {
      write(dir, 'server');
      put(dir, 'spiffe-bundles.json');
      const pair = {
        certificateChain: { filename: join(dir, 'own.pem') },
        privateKey: { filename: join(dir, 'own.key') },
      };
      const trustBundles = { filename: join(dir, 'bundles.json'), watchedDirectory: { path: dir } };
      const typedConfig = { '@type': `${tls}.SPIFFECertValidatorConfig`, trustBundles };
      const validationContext = { customValidatorConfig: { name: 'envoy.tls.cert_validator.spiffe', typedConfig } };
      return bootstrap([answering({ tlsCertificates: [pair], validationContext })], []);
    }).to();
    /** Whether the client is let in: an answer comes. */
    const isIn = async (name: string): Promise<boolean> => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const socket = connect({
        ...{ port: proxy.port, host: '127.0.0.1', rejectUnauthorized: false },
        cert: files.get(`${name}.pem`),
        key: files.get(`${name}.key`),
      });
      socket.on('data', () => resolve(true));
      socket.on('close', () => resolve(false));
      socket.on('error', () => resolve(false));
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const result = await promise;
      socket.destroy();
      return result;
    };
    const [entry] = proxy.server.secrets.inUse.entries();
    t.ok(await isIn('client'));
    t.notOk(await isIn('client-untrusted'));
    put(proxy.dir, 'spiffe-bad.json');
    await until(() => entry?.problem() !== '', 'the refusal');
    t.match(entry?.problem(), /has no keys/);
    t.ok(await isIn('client'), 'the old ones stay');
    put(proxy.dir, 'spiffe-other.json');
    await until(() => entry?.problem() === '', 'the new ones');
    t.notOk(await isIn('client'));
    t.ok(await isIn('client-untrusted'));
  },
);
