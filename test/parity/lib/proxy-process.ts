// Owns the proxy under test as a process: the real Envoy (the oracle) or Remora, started alike with Envoy's own flags, ready when
// its admin says so, ended by its pid.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export type ProxyKind = 'envoy' | 'remora';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const START_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 3_000;
/** Flushing the access log this often lets a run see its lines without waiting for Envoy's default of ten seconds. */
const LOG_FLUSH_MS = 10;

const running = new Set<ChildProcess>();
// A run that fails half-way must not leave proxies behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class ProxyProcess {
  readonly kind: ProxyKind;
  readonly adminPort: number;
  readonly #child: ChildProcess;
  #stderr = '';
  #exit: string | null = null;

  private constructor(kind: ProxyKind, child: ChildProcess, adminPort: number) {
    this.kind = kind;
    this.#child = child;
    this.adminPort = adminPort;
    const keep = (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('latin1')).slice(-8_000);
    };
    child.stderr?.on('data', keep);
    child.stdout?.on('data', keep);
    running.add(child);
    child.on('exit', (code, signal) => {
      running.delete(child);
      this.#exit = `exit ${code ?? signal}`;
    });
    child.on('error', (error) => {
      this.#exit = error.message;
    });
  }

  /** Starts it on that bootstrap (written to `folder`) and waits until /ready answers 200. */
  static async start(
    kind: ProxyKind,
    config: string,
    adminPort: number,
    folder: string,
    flags: readonly string[],
  ): Promise<ProxyProcess> {
    const file = join(folder, `${kind}.yaml`);
    writeFileSync(file, config);
    const args = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '-l', 'warning'];
    args.push('--file-flush-interval-msec', String(LOG_FLUSH_MS), ...flags);
    const child = spawn(executable(kind), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const proxy = new ProxyProcess(kind, child, adminPort);
    const deadline = Date.now() + START_LIMIT_MS;
    while (Date.now() < deadline && proxy.#exit === null) {
      const answer = await proxy.admin('GET', '/ready').catch(() => null);
      if (answer?.status === 200) return proxy;
      await delay(10);
    }
    const why = proxy.#exit ?? 'not ready in time';
    await proxy.stop();
    throw new Error(`${kind} did not start (${why}):\n${proxy.#stderr}`);
  }

  /** What it printed last, for a failing test. */
  get output(): string {
    return this.#stderr;
  }

  get exited(): string | null {
    return this.#exit;
  }

  admin(method: string, path: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const req = request(
        { host: '127.0.0.1', port: this.adminPort, method, path, agent: false, timeout: 5_000 },
        (res) => {
          const parts: Buffer[] = [];
          res.on('data', (part: Buffer) => parts.push(part));
          res.on('end', () => resolve({ status: res.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }));
          res.on('error', reject);
        },
      );
      req.on('timeout', () => req.destroy(new Error(`admin ${path} timed out`)));
      req.on('error', reject);
      req.end();
    });
  }

  /** The values of those counters or gauges; a name the proxy does not know is absent from the result. */
  async stats(names: readonly string[]): Promise<Map<string, number>> {
    const values = new Map<string, number>();
    if (names.length === 0) return values;
    const filter = `^(${names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})$`;
    return readStats((await this.admin('GET', `/stats?filter=${encodeURIComponent(filter)}`)).body);
  }

  /** Connections and requests that are still open, summed, the admin's own not counted. */
  async openWork(): Promise<number> {
    const filter = '^(http|cluster|tcp)\\..*(downstream|upstream)_(cx|rq)_active$';
    const body = (await this.admin('GET', `/stats?filter=${encodeURIComponent(filter)}`)).body;
    let sum = 0;
    for (const [name, value] of readStats(body)) if (!name.startsWith('http.admin.')) sum += value;
    return sum;
  }

  async stop(): Promise<void> {
    if (this.#exit !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(killer);
  }
}

function readStats(body: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of body.split('\n')) {
    const at = line.lastIndexOf(': ');
    const value = Number(line.slice(at + 2));
    if (at > 0 && Number.isFinite(value)) values.set(line.slice(0, at), value);
  }
  return values;
}

/** The program to start; for the oracle the binary itself, not Python's wrapper. */
export function executable(kind: ProxyKind): string {
  if (kind === 'remora') return process.env['PARITY_REMORA'] ?? join(ROOT, 'bin', 'envoy');
  const given = process.env['PARITY_ENVOY'];
  if (given !== undefined) return given;
  const lib = join(ROOT, '.oracle', 'lib');
  for (const python of existsSync(lib) ? readdirSync(lib) : []) {
    const binary = join(lib, python, 'site-packages', 'envoy', '_bin', 'envoy');
    if (existsSync(binary)) return binary;
  }
  throw new Error('the oracle is not installed: run scripts/oracle/install');
}

/** The version the oracle says it has, kept in every recording. */
export function oracleVersion(binary: string): string {
  const said = execFileSync(binary, ['--version'], { encoding: 'utf8' });
  return /version: [0-9a-f]+\/([^/\s]+)/.exec(said)?.[1] ?? 'unknown';
}
