// Network namespaces for tests: made for one test file, joined by a cable, gone with it. A namespace has its own
// interfaces, routes and rules; the machine's own are never touched.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from './agent-client.ts';

const root = join(import.meta.dirname, '../../..');

export const CLIENT = { v4: '10.77.0.1', v6: 'fd77::1' } as const;
export const POD = { v4: '10.77.0.2', v6: 'fd77::2' } as const;
/** More addresses of the client's side, for rules about address ranges. */
export const ELSEWHERE = { v4: '10.99.0.1', v6: 'fd99::1' } as const;

/** The proxy's user and group. */
export const PROXY_ID = 1337;
/** An application's. */
export const APPLICATION_ID = 4242;

/** False, or why tests of this kind cannot run here. */
export const netnsSkip: string | false = reason();

function reason(): string | false {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  for (const program of ['ip', 'iptables', 'setpriv', 'curl']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`], { env: environment() }).status !== 0)
      return `'${program}' is not installed`;
  }
  const name = `remora-try-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (made.status !== 0) return `'ip netns add' does not work here: ${made.stderr.trim()}`;
  spawnSync('ip', ['netns', 'del', name]);
  return false;
}

/** False, or why a program of the system that only some tests need is missing. */
export function programSkip(program: string): string | false {
  if (netnsSkip !== false) return netnsSkip;
  const found = spawnSync('sh', ['-c', `command -v ${program}`], { env: environment() }).status === 0;
  return found ? false : `'${program}' is not installed`;
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, NODE_OPTIONS: '', REMORA_DIST: '' };
}

export interface Output {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** A namespace, with what runs in it. */
export class Host {
  readonly name: string;
  readonly #agents: Agent[] = [];

  constructor(name: string) {
    this.name = name;
    ip('netns', 'add', name);
    this.ip('link', 'set', 'lo', 'up');
  }

  ip(...args: string[]): string {
    return ip('-n', this.name, ...args);
  }

  /** The command line that runs `command` in here as `user`. */
  commandLine(command: readonly string[], user?: User): string[] {
    const { uid, gid } = user ?? { uid: 0, gid: 0 };
    const as = user === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
    return ['ip', 'netns', 'exec', this.name, ...as, ...command];
  }

  /** Runs a command to its end, which must come within half a minute. */
  run(command: readonly string[], user?: User, env: NodeJS.ProcessEnv = {}): Output {
    const [file = '', ...args] = this.commandLine(command, user);
    const result = spawnSync(file, args, { encoding: 'utf8', env: { ...environment(), ...env }, timeout: 30_000 });
    return { code: result.status ?? -1, out: result.stdout, err: result.stderr };
  }

  /** As `run`, without waiting: for commands that need this process to answer. */
  async start(command: readonly string[], user?: User): Promise<Output> {
    const [file = '', ...args] = this.commandLine(command, user);
    const child = spawn(file, args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text));
    const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? -1)));
    return { code, ...output };
  }

  /** `remora iptables ACTION`, on the pod's side. */
  iptables(action: string, flags: string, env: NodeJS.ProcessEnv = {}): Output {
    const words = flags.split(' ').filter((word) => word !== '');
    return this.run([join(root, 'bin/remora'), 'iptables', action, ...words], undefined, env);
  }

  /** A process in here that listens and connects when it is told to. */
  async agent(user?: User): Promise<Agent> {
    const agent = await Agent.start(this.commandLine([process.execPath], undefined), environment(), user);
    this.#agents.push(agent);
    return agent;
  }

  close(): void {
    for (const agent of this.#agents) agent.stop();
    spawnSync('ip', ['netns', 'del', this.name]);
  }
}

export interface Network {
  readonly client: Host;
  readonly pod: Host;
  close(): void;
}

let count = 0;

/** A client and a pod on one cable; the pod reaches everything through the client. */
export function network(): Network {
  const name = `remora-${process.pid}-${count++}`;
  const client = new Host(`${name}-client`);
  const pod = new Host(`${name}-pod`);
  // Made inside: in the machine's own namespace a name could be taken.
  client.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth1');
  client.ip('link', 'set', 'eth1', 'netns', pod.name, 'name', 'eth0');
  for (const [host, { v4, v6 }] of [
    [client, CLIENT],
    [pod, POD],
  ] as const) {
    host.ip('addr', 'add', `${v4}/24`, 'dev', 'eth0');
    // Without the second in which duplicates of an address are looked for.
    host.ip('-6', 'addr', 'add', `${v6}/64`, 'dev', 'eth0', 'nodad');
    host.ip('link', 'set', 'eth0', 'up');
  }
  client.ip('addr', 'add', `${ELSEWHERE.v4}/32`, 'dev', 'lo');
  client.ip('-6', 'addr', 'add', `${ELSEWHERE.v6}/128`, 'dev', 'lo', 'nodad');
  pod.ip('route', 'add', 'default', 'via', CLIENT.v4);
  pod.ip('-6', 'route', 'add', 'default', 'via', CLIENT.v6);
  const close = (): void => {
    client.close();
    pod.close();
  };
  process.once('exit', close);
  return { client, pod, close };
}

function ip(...args: string[]): string {
  const result = spawnSync('ip', args, { encoding: 'utf8', env: environment() });
  if (result.status !== 0) throw new Error(`ip ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

/** Whether a user that is not root can read this checkout, so that Remora can be started as that user. */
export function checkoutIsReadable(user: User): boolean {
  const { uid, gid } = user;
  const entry = join(root, 'bin/remora');
  return (
    existsSync(entry) &&
    spawnSync('setpriv', [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', 'test', '-r', entry], {
      env: environment(),
    }).status === 0
  );
}
