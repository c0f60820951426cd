// Every configuration of the corpus, all of which the real Envoy accepts, is accepted, or refused for nothing but an
// extension or field that is not implemented yet, named with its place.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { serverOptions } from '../../src/cli/server-options.ts';
import { type ConfigSource, formatDiagnostic, formatOfFile, loadBootstrap } from '../../src/config/api.ts';
import { extensions } from '../../src/extensions/manifest.ts';
import { checkConfiguration } from '../../src/server/check.ts';
import { pki } from '../parity/lib/pki.ts';

const corpus = join(import.meta.dirname, '../../../shared/corpus/configs');
const knownExtensions = new Set(extensions.flatMap((extension) => extension.typeNames));
/** Extensions, fields and sources of resources that are not there yet, refused with a reason: the only errors that may be. */
const allowed = new Set(['RMR0304', 'RMR0306', 'RMR0902']);

if (!existsSync(corpus)) {
  t.test('corpus of configurations', { skip: '../shared/corpus/configs is absent' }, () => {});
} else {
  const folder = mkdtempSync(join(tmpdir(), 'remora-corpus-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const certificates = await pki();
  writeFileSync(join(folder, 'cert.pem'), certificates.file('server.pem'));
  writeFileSync(join(folder, 'key.pem'), certificates.file('server.key'));
  writeFileSync(join(folder, 'ca.pem'), certificates.file('ca.pem'));
  const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(yaml|json)$/.test(file),
  );
  // Some leave the name of the node to the command line.
  const node: ConfigSource = { name: '--service-node', format: 'yaml', text: 'node: {id: corpus, cluster: corpus}' };

  t.test('as a document', async (t) => {
    for (const file of files.sort()) {
      const text = readFileSync(join(corpus, file), 'utf8').replaceAll('@TLS@', folder).replaceAll('@TMP@', folder);
      const source = { name: file, format: formatOfFile(file), text };
      const { message, diagnostics } = await loadBootstrap([source, node], {
        skipCoverage: true,
        skipDeprecated: true,
      });
      const others = diagnostics.filter(({ code, severity }) => severity === 'error' && code !== 'RMR0306');
      t.equal(
        others.length,
        0,
        `${file}\n${others.map((diagnostic) => formatDiagnostic(diagnostic, text)).join('\n')}`,
      );
      t.equal(
        message === undefined,
        diagnostics.some(({ severity }) => severity === 'error'),
        file,
      );
    }
  });

  t.test('with the extensions there are', async (t) => {
    const options = serverOptions('remora', new Map([['config-path', 'none']]), {});
    let accepted = 0;
    const missing = new Map<string, number>();
    for (const file of files) {
      const text = readFileSync(join(corpus, file), 'utf8').replaceAll('@TLS@', folder).replaceAll('@TMP@', folder);
      const source = { name: file, format: formatOfFile(file), text };
      const { message, diagnostics } = await loadBootstrap([source, node], { knownExtensions });
      // What the document allows the units may refuse: the road of `remora validate`, to its end.
      const built = message === undefined ? [] : await checkConfiguration([source, node], options, extensions);
      if (message !== undefined && !built.some(({ severity }) => severity === 'error')) accepted++;
      for (const diagnostic of message === undefined ? diagnostics : built) {
        if (diagnostic.severity !== 'error') continue;
        const said = formatDiagnostic(diagnostic, text);
        t.ok(allowed.has(diagnostic.code), `${file}: no other reason to refuse\n${said}`);
        t.ok(diagnostic.position !== undefined && diagnostic.path !== '', `${file}: the place is named\n${said}`);
        missing.set(diagnostic.message, (missing.get(diagnostic.message) ?? 0) + 1);
      }
    }
    t.comment(`${accepted} of ${files.length} accepted`);
    for (const [message, count] of [...missing].sort((a, b) => b[1] - a[1]).slice(0, 12))
      t.comment(`${count} × ${message}`);
  });
}
