// The test's end of an agent: orders go in as lines, answers come out as lines.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Answer, Order } from './agent.ts';

/** What the other end of a connection said of itself; agent.ts writes it. */
export interface Reply {
  /** The listener's name, or why there was none. */
  readonly by: string;
  /** Whom the listener takes the client to be. */
  readonly from?: string;
  /** The address that the client called, as the listener sees it. */
  readonly at?: string;
}

export interface HttpReply {
  readonly status: number;
  readonly body: string;
  readonly server: string;
}

export class Agent {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 1;

  static async start(
    prefix: readonly string[],
    env: NodeJS.ProcessEnv,
    user?: { uid: number; gid: number },
  ): Promise<Agent> {
    const [file = '', ...args] = prefix;
    const script = join(import.meta.dirname, 'agent.ts');
    const words = user === undefined ? [] : [String(user.uid), String(user.gid)];
    const flags = ['--disable-warning=ExperimentalWarning', script];
    const child = spawn(file, [...args, ...flags, ...words], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const agent = new Agent(child);
    await agent.#order({ kind: 'hello' });
    return agent;
  }

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    child.on('exit', () => {
      for (const [id, done] of this.#waiting) done({ id, error: 'the agent has ended' });
    });
  }

  /** Listens on all addresses of both families, unless `host` is one; answers every connection with `name`, where it `waits` once it has said something. */
  async listen(
    name: string,
    port: number,
    options: { host?: string; transparent?: boolean; waits?: boolean } = {},
  ): Promise<void> {
    await this.#order({ kind: 'listen', name, port, ...options });
  }

  /** Answers every HTTP request with JSON: who answers, and what it has seen of the request. */
  async listenHttp(name: string, port: number): Promise<void> {
    await this.#order({ kind: 'listen-http', name, port });
  }

  /** Status 0 and the error's code where there is no answer. */
  async get(url: string): Promise<HttpReply> {
    try {
      return JSON.parse(await this.#order({ kind: 'get', url })) as HttpReply;
    } catch (error) {
      return { status: 0, body: error instanceof Error ? error.message : String(error), server: '' };
    }
  }

  /** Answers UDP. */
  async listenUdp(name: string, port: number, host: string): Promise<void> {
    await this.#order({ kind: 'listen-udp', name, port, host });
  }

  /** Who answers there; `by` is the error's code when nobody does. */
  async call(
    host: string,
    port: number,
    options: { from?: string; udp?: boolean; says?: string } = {},
  ): Promise<Reply> {
    try {
      const text = await this.#order({ kind: options.udp === true ? 'call-udp' : 'call', host, port, ...options });
      return JSON.parse(text) as Reply;
    } catch (error) {
      return { by: error instanceof Error ? error.message : String(error) };
    }
  }

  async #order(order: Order): Promise<string> {
    const id = this.#next++;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.stdin.write(`${JSON.stringify({ id, order })}\n`);
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.text ?? '';
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
