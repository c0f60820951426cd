// OCSP responses as they are read, and when a certificate may be shown with or without one.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CertificateInventory } from '../../../src/tls/secrets/inventory.ts';
import { readOcspResponse } from '../../../src/tls/sockets/ocsp-response.ts';
import { readStaple, type Staple, stapleAction } from '../../../src/tls/sockets/stapling.ts';
import { pki } from '../../parity/lib/pki.ts';
import { readTlsContext } from '../../support/tls-context.ts';

const none = Buffer.alloc(0);
const files = await pki();
const response = (name: string): Buffer => files.binaries.get(`ocsp-${name}.der`) ?? none;
const pair = (name: string) => ({ chain: Buffer.from(files.file(`${name}.pem`)), pkcs12: none, passphrase: undefined });
const year2020 = Date.parse('2020-01-01T00:00:00Z');
const year2049 = Date.parse('2049-01-01T00:00:00Z');

t.test('a response says for which certificate and how long it is good', async (t) => {
  const { serial, validFrom, validTo } = readOcspResponse(response('server'));
  t.strictSame({ serial, validFrom, validTo }, { serial: 'a02', validFrom: year2020, validTo: year2049 });
  t.equal(readOcspResponse(response('server-endless')).validTo, null);
});

t.test('what cannot be stapled is told of', async (t) => {
  const whole = response('server');
  t.throws(() => readOcspResponse(response('later')), { message: /did not answer: its status is 3/ });
  t.throws(() => readOcspResponse(response('two')), { message: /about one certificate only/ });
  t.throws(() => readOcspResponse(Buffer.from('garbage')), { message: /no OCSP response/ });
  t.throws(() => readOcspResponse(Buffer.concat([whole, none, Buffer.from('\n')])), { message: /no OCSP response/ });
  // However it is cut or bent, there is an answer or words, and nothing else.
  for (let at = 0; at < whole.length; at++) {
    t.throws(() => readOcspResponse(whole.subarray(0, at)), Error);
    const bent = Buffer.from(whole);
    bent[at] = 0xff;
    try {
      readOcspResponse(bent);
    } catch (error) {
      t.type(error, Error);
    }
  }
});

t.test('a response belongs to its certificate; a must-staple certificate has one', async (t) => {
  t.equal(readStaple(pair('server'), response('server')).required, false);
  t.equal(readStaple(pair('server-staple'), response('server-staple')).required, true);
  t.equal(readStaple(pair('server'), none).response, null);
  t.throws(() => readStaple(pair('server'), response('server-rsa')), { message: /another certificate.*a01.*0a02/ });
  t.throws(() => readStaple(pair('server-staple'), none), { message: /must-staple/ });
});

t.test('which certificate may be shown to who asks', async (t) => {
  const good: Staple = { response: readOcspResponse(response('server')), required: false };
  const required: Staple = { ...good, required: true };
  const endless: Staple = { response: readOcspResponse(response('server-endless')), required: false };
  const empty: Staple = { response: null, required: false };
  const actions = (staple: Staple, now: number) =>
    (['lenient', 'strict', 'must'] as const).map((policy) => stapleAction(staple, policy, now));
  t.strictSame(actions(good, year2049), ['staple', 'staple', 'staple']);
  t.strictSame(actions(good, year2049 + 1), ['omit', 'fail', 'fail']);
  t.strictSame(actions(required, year2049 + 1), ['fail', 'fail', 'fail']);
  t.strictSame(actions(endless, year2020), ['omit', 'fail', 'fail']);
  t.strictSame(actions(empty, year2020), ['omit', 'omit', 'fail']);
});

function context(t: Test, certificate: string, staple: string): (field: string) => string {
  const dir = t.testdir({});
  for (const kind of ['pem', 'key']) writeFileSync(join(dir, `a.${kind}`), files.file(`${certificate}.${kind}`));
  writeFileSync(join(dir, 'ocsp'), response(staple));
  return (field) => `${field}
common_tls_context:
  tls_certificates:
    - certificate_chain: { filename: "${join(dir, 'a.pem')}" }
      private_key: { filename: "${join(dir, 'a.key')}" }
`;
}

t.test('configurations that cannot work are errors', async (t) => {
  const good = context(t, 'server', 'server');
  const dir = `${t.testdirName}/ocsp`;
  const stapled = `      ocsp_staple: { filename: "${dir}" }`;
  const read = async (yaml: string) => (await readTlsContext('downstream', yaml)).errors.join('\n');
  t.equal(await read(good('ocsp_staple_policy: MUST_STAPLE') + stapled), '');
  t.match(await read(good('ocsp_staple_policy: MUST_STAPLE')), /ocsp_staple_policy: MUST_STAPLE needs/);
  t.equal(await read(good('ocsp_staple_policy: STRICT_STAPLING')), '');
  t.match(await read(`${good('')}      ocsp_staple: { inline_string: x }`), /it cannot be given as text/);
  writeFileSync(dir, response('server-rsa'));
  t.match(await read(good('') + stapled), /ocsp_staple: the OCSP response is for another certificate/);
});

t.test('a response of the future, and one that nobody uses, are warned of', async (t) => {
  const file = `${t.testdirName}/ocsp`;
  const early = `${context(t, 'server', 'server-early')('')}      ocsp_staple: { filename: "${file}" }`;
  const down = await readTlsContext('downstream', early);
  t.strictSame(down.errors, []);
  t.match(down.warnings.join(), /of the future: its thisUpdate is 2048-01-01/);
  const up = await readTlsContext('upstream', early);
  t.strictSame(up.errors, []);
  t.match(up.warnings.join(), /a client staples nothing/);
});

t.test('seconds until the first response expires', async (t) => {
  const inventory = new CertificateInventory();
  t.equal(inventory.secondsUntilFirstStapleExpiry(0), null);
  const pem = inventory.read(Buffer.from(files.file('server.pem')));
  const add = (name: string) =>
    inventory.add({ ca: null, chains: [{ path: '/a', pem, staple: readOcspResponse(response(name)) }] }, () => '');
  add('server');
  t.equal(inventory.secondsUntilFirstStapleExpiry(year2049 - 1500), 1);
  t.equal(inventory.secondsUntilFirstStapleExpiry(year2049 + 1500), 0);
  inventory.warnOfExpiry(year2049 + 1500);
  add('server-endless');
  t.equal(inventory.secondsUntilFirstStapleExpiry(year2049 - 1500), 0);
});
