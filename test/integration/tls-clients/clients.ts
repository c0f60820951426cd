// TLS clients that nobody here wrote, each told the same and answering alike: curl, `openssl s_client`, Node, Python, Go.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { pki } from '../../parity/lib/pki.ts';

export const { files } = await pki();

export interface Wish {
  /** One connection to each, one after the other, each with the session of the one before. */
  readonly ports: readonly number[];
  readonly version: '1.2' | '1.3';
  /** Of the PKI. */
  readonly certificate?: string;
  /** Knows no ECDSA. */
  readonly rsaOnly?: boolean;
  readonly noTicket?: boolean;
  /** To resume with; Node only. */
  readonly session?: Buffer | undefined;
}

/** What one connection met. */
export interface Met {
  /** The client's own words; empty: none. */
  readonly error: string;
  readonly version: string;
  /** As the client says; undefined: it does not. */
  readonly reused?: boolean;
  /** Common name of the server's. */
  readonly certificate: string;
  readonly status: number;
  /** The header `x-tls`, which says how the proxy sees the connection. */
  readonly view: string;
  /** Node only. */
  readonly session?: Buffer | undefined;
}

export interface TlsClient {
  readonly name: string;
  /** False, or why it cannot run. */
  readonly skip: string | false;
  /** Why it cannot do what is asked; false: it can. */
  cannot(wish: Wish): string | false;
  ask(wish: Wish): Promise<Met[]>;
}

const rsaCiphers = 'ECDHE-RSA-AES128-GCM-SHA256';
const rsaSignatures = 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256';
const request = 'GET / HTTP/1.1\r\nhost: server.test\r\nconnection: close\r\n\r\n';

/** Where the PKI lies for programs. */
const folder = mkdtempSync(join(tmpdir(), 'remora-tls-clients-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
(await pki()).write(folder);
export const pkiFile = (name: string): string => join(folder, 'pki', name);

interface Output {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Does not block: the proxy lives in this process. */
export async function run(program: string, args: readonly string[], input = ''): Promise<Output> {
  const { promise, resolve, reject } = Promise.withResolvers<Output>();
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString('latin1');
  });
  child.stderr.on('data', (data: Buffer) => {
    err += data.toString('latin1');
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  child.on('error', reject);
  child.on('close', (code) => resolve({ code: code ?? -1, out, err }));
  return promise;
}

function missing(program: string): string | false {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0 ? false : `'${program}' is not installed`;
}

function found(text: string, pattern: RegExp): string {
  return pattern.exec(text)?.[1]?.trim() ?? '';
}

/** A refused certificate is not always told with an alert. */
const silence = 'closed without an answer';
const failed = { version: '', reused: false, certificate: '', status: 0, view: '' };

const curl: TlsClient = {
  name: 'curl',
  skip: missing('curl'),
  cannot: ({ ports, version, rsaOnly, noTicket }) =>
    (new Set(ports).size > 1 && 'one address for each name') ||
    (rsaOnly === true && version === '1.3' && 'no way to name signature algorithms') ||
    (noTicket === true && 'no way to refuse tickets'),
  async ask({ ports, version, certificate, rsaOnly }) {
    const connections = ports.length;
    const url = 'https://server.test/';
    const { code, out, err } = await run('curl', [
      ...['-sS', '-v', '--http1.1', '--noproxy', '*', '--cacert', pkiFile('ca.pem'), '-D', '-', '-o', '/dev/null'],
      ...['--connect-to', `server.test:443:127.0.0.1:${ports[0]}`, `--tlsv${version}`, '--tls-max', version],
      ...(certificate ? ['--cert', pkiFile(`${certificate}.pem`), '--key', pkiFile(`${certificate}.key`)] : []),
      ...(rsaOnly ? ['--ciphers', rsaCiphers] : []),
      ...['-H', 'connection: close', ...new Array<string>(connections).fill(url)],
      ...new Array<string[]>(connections - 1).fill(['-o', '/dev/null']).flat(),
    ]);
    if (code !== 0) return [{ ...failed, error: found(err, /^(curl: .*)$/m) }];
    const views = out.split('\r\n\r\n').slice(0, connections);
    const handshakes = err.split(/^\* +Trying /m).slice(1);
    return views.map((head, index) => ({
      error: '',
      version: found(handshakes[index] ?? '', /SSL connection using (\S+)/),
      certificate: found(handshakes[index] ?? '', /subject:.*CN=([^;,\r\n]+)/),
      status: Number(found(head, /^HTTP\/1.1 (\d+)/m)),
      view: found(head, /^x-tls: (.*)$/m),
    }));
  },
};

const openssl: TlsClient = {
  name: 'openssl s_client',
  skip: missing('openssl'),
  cannot: () => false,
  async ask({ ports, version, certificate, rsaOnly, noTicket }) {
    const met: Met[] = [];
    const session = join(folder, `session-${ports[0]}-${version}`);
    for (const [index, port] of ports.entries()) {
      const { out, err } = await run(
        'openssl',
        [
          ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'server.test', '-CAfile', pkiFile('ca.pem')],
          ...['-verify_return_error', '-ign_eof', `-tls${version.replace('.', '_')}`, '-sess_out', session],
          ...(index === 0 ? [] : ['-sess_in', session]),
          ...(certificate
            ? ['-cert', pkiFile(`${certificate}.pem`), '-cert_chain', pkiFile(`${certificate}.pem`)]
            : []),
          ...(certificate ? ['-key', pkiFile(`${certificate}.key`)] : []),
          ...(rsaOnly ? ['-sigalgs', rsaSignatures, '-cipher', rsaCiphers] : []),
          ...(noTicket ? ['-no_ticket'] : []),
        ],
        request,
      );
      // Words of its own may stand before the answer's first line.
      const status = Number(found(out, /HTTP\/1.1 (\d+)/));
      met.push({
        error: status > 0 ? '' : found(err, /(?:error|alert).*?:([^:\n]+):[^:\n]*:\d+:/) || silence,
        version: found(out, /^(?:New|Reused), (TLSv[\d.]+)/m),
        reused: /^Reused, /m.test(out),
        certificate: found(out, /^subject=.*CN ?= ?([^,\n]+)/m),
        status,
        view: found(out, /^x-tls: (.*)$/m),
      });
    }
    return met;
  },
};

const node: TlsClient = {
  name: 'Node',
  skip: false,
  cannot: ({ noTicket }) => noTicket === true && 'tickets are always asked for',
  async ask(wish) {
    const { ports, version, certificate, rsaOnly } = wish;
    const met: Met[] = [];
    let { session } = wish;
    for (const port of ports) {
      const options: ConnectionOptions = {
        ...{ host: '127.0.0.1', port, servername: 'server.test', ca: files.get('ca.pem') },
        ...{ minVersion: `TLSv${version}`, maxVersion: `TLSv${version}` },
        ...(certificate ? { cert: files.get(`${certificate}.pem`), key: files.get(`${certificate}.key`) } : {}),
        ...(rsaOnly ? { sigalgs: rsaSignatures, ciphers: `TLS_AES_128_GCM_SHA256:${rsaCiphers}` } : {}),
        ...(session === undefined ? {} : { session }),
      };
      const { promise, resolve } = Promise.withResolvers<Met>();
      const socket = connect(options, () => socket.write(request));
      let answer = '';
      let error = '';
      let reused = false;
      let server = '';
      let negotiated = '';
      socket.on('session', (data: Buffer) => {
        session = data;
      });
      socket.on('secureConnect', () => {
        reused = socket.isSessionReused();
        negotiated = socket.getProtocol() ?? '';
        server = String(socket.getPeerCertificate().subject?.CN ?? '');
      });
      socket.on('data', (data: Buffer) => {
        answer += data.toString('latin1');
      });
      socket.on('error', (failure) => {
        error = failure.message;
      });
      socket.on('close', () => {
        const status = Number(found(answer, /^HTTP\/1.1 (\d+)/m));
        if (status === 0) error ||= silence;
        const view = found(answer, /^x-tls: (.*)$/m);
        resolve({ error, version: negotiated, reused, certificate: server, status, view, session });
      });
      met.push(await promise);
    }
    return met;
  },
};

/** A program that takes its order and answers in JSON. */
async function told(program: string, args: readonly string[], wish: Wish): Promise<Met[]> {
  const { certificate, rsaOnly, ...rest } = wish;
  const order = {
    ...rest,
    ca: pkiFile('ca.pem'),
    ...(certificate ? { certificate: pkiFile(`${certificate}.pem`), key: pkiFile(`${certificate}.key`) } : {}),
    ...(rsaOnly ? { ciphers: rsaCiphers } : {}),
  };
  const { out, err } = await run(program, [...args, JSON.stringify(order)]);
  if (out === '') throw new Error(err);
  return JSON.parse(out) as Met[];
}

const noSignatures = ({ version, rsaOnly }: Wish): string | false =>
  rsaOnly === true && version === '1.3' && 'no way to name signature algorithms';

const python: TlsClient = {
  name: 'Python',
  skip: missing('python3'),
  cannot: noSignatures,
  ask: (wish) => told('python3', [join(import.meta.dirname, 'client.py')], wish),
};

let built: Promise<Output> | undefined;
const go: TlsClient = {
  name: 'Go',
  skip: missing('go'),
  cannot: (wish) => noSignatures(wish) || (wish.noTicket === true && 'no sessions without tickets'),
  ask: async (wish) => {
    const program = join(folder, 'client');
    // Without cgo no C compiler is needed.
    built ??= run('env', ['CGO_ENABLED=0', 'go', 'build', '-o', program, join(import.meta.dirname, 'client.go')]);
    const { code, err } = await built;
    if (code !== 0) throw new Error(err);
    return told(program, [], wish);
  },
};

export const clients: readonly TlsClient[] = [curl, openssl, node, python, go];
