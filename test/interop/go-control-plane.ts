// go-control-plane as a process that tests drive: go-control-plane/main.go says how.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Test } from 'tap';
import { until } from '../support/until.ts';

interface Said {
  readonly event: string;
  readonly stream: number;
  readonly request?: JsonObject;
  readonly error?: string;
}

/** Builds it into the cache of node_modules. */
export function buildControlPlane(): string {
  const program = resolve('node_modules/.cache/go-control-plane');
  const cwd = resolve('test/interop/go-control-plane');
  const { status, stderr } = spawnSync('go', ['build', '-o', program, '.'], { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`go-control-plane could not be built: ${stderr}`);
  return program;
}

export class GoControlPlane {
  /** All that it said, in order. */
  readonly said: Said[] = [];
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  static async start(t: Test, program: string, flags: readonly string[] = []): Promise<GoControlPlane> {
    const process = spawn(program, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
    const plane = new GoControlPlane(process);
    t.teardown(() => process.kill('SIGKILL'));
    createInterface({ input: process.stdout as NodeJS.ReadableStream }).on('line', (line) =>
      plane.said.push(JSON.parse(line) as Said),
    );
    await until(() => plane.said.length > 0, 'the control plane');
    return plane;
  }

  /** Loopback's. */
  get port(): number {
    return Number(/:(\d+)$/.exec(this.said[0]?.event ?? '')?.[1] ?? 0);
  }

  /** All resources of a version, by type URL. */
  async set(version: string, resources: Readonly<Record<string, readonly JsonObject[]>>): Promise<void> {
    const before = this.said.length;
    this.#process.stdin?.write(`${JSON.stringify({ version, resources })}\n`);
    const answered = (): Said | undefined =>
      this.said.slice(before).find(({ event }) => event === 'set' || event === 'refused');
    await until(() => answered() !== undefined, 'its answer');
    const { error } = answered() as Said;
    if (error !== undefined) throw new Error(error);
  }

  requests(type: string): JsonObject[] {
    return this.said.flatMap(({ request }) => (request?.['typeUrl'] === type ? [request] : []));
  }

  async kill(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
