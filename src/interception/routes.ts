// Owns what interception needs beside rules: the routing table of TPROXY's marked packets, and the second loopback
// address of IPv6. Each is asked for before it is added, so that twice is as good as once.
import { type CommandResult, failure, programExists, type RunCommand } from './commands.ts';
import type { InterceptionOptions } from './options.ts';
import type { Family } from './rule.ts';

interface Step {
  readonly what: string;
  readonly args: readonly string[];
}

/** The source address of connections to the application in IPv6; 127.0.0.6 needs nothing, 127.0.0.0/8 is all on `lo`. */
const PASSTHROUGH_V6 = '::6/128';

function families({ ipv6 }: InterceptionOptions): readonly Family[] {
  return ipv6 ? [4, 6] : [4];
}

export function needsRoutes({ mode, inboundPorts }: InterceptionOptions): boolean {
  return mode === 'TPROXY' && inboundPorts.length > 0;
}

/** For people: what `configureRoutes` runs. */
export function routeSteps(options: InterceptionOptions): Step[] {
  const steps: Step[] = [];
  if (options.ipv6) {
    steps.push({
      what: 'adding the second loopback address',
      args: ['-6', 'addr', 'add', PASSTHROUGH_V6, 'dev', 'lo'],
    });
  }
  if (!needsRoutes(options)) return steps;
  const table = String(options.tproxyRouteTable);
  for (const family of families(options)) {
    const mark = String(options.tproxyMark);
    steps.push({
      what: 'adding the rule for marked packets',
      args: [`-${family}`, 'rule', 'add', 'fwmark', mark, 'lookup', table],
    });
    steps.push({
      what: 'adding the route for marked packets',
      args: [`-${family}`, 'route', 'replace', 'local', 'default', 'dev', 'lo', 'table', table],
    });
  }
  return steps;
}

export async function configureRoutes(run: RunCommand, options: InterceptionOptions): Promise<void> {
  for (const { what, args } of routeSteps(options)) {
    if (args.includes('rule') && (await hasRule(run, args[0] === '-6' ? 6 : 4, options))) continue;
    const result = await run('ip', args);
    if (result.code !== 0 && !exists(result)) throw failure(what, 'ip', result);
  }
}

/** Takes away what is there; what is not there is no error. */
export async function removeRoutes(run: RunCommand, options: InterceptionOptions): Promise<void> {
  // Without it nothing was set up either, and REDIRECT for IPv4 needs none.
  if (!programExists('ip')) return;
  const table = String(options.tproxyRouteTable);
  for (const family of [4, 6] as const) {
    if (!(await hasRule(run, family, options))) continue;
    await run('ip', [`-${family}`, 'rule', 'del', 'fwmark', String(options.tproxyMark), 'lookup', table]);
    await run('ip', [`-${family}`, 'route', 'del', 'local', 'default', 'dev', 'lo', 'table', table]);
  }
  const addresses = await run('ip', ['-6', 'addr', 'show', 'dev', 'lo']);
  if (addresses.stdout.includes(` ${PASSTHROUGH_V6} `))
    await run('ip', ['-6', 'addr', 'del', PASSTHROUGH_V6, 'dev', 'lo']);
}

/** What is missing, a line each. */
export async function missingRoutes(run: RunCommand, options: InterceptionOptions): Promise<string[]> {
  if (!needsRoutes(options)) return [];
  const problems: string[] = [];
  for (const family of families(options)) {
    const table = String(options.tproxyRouteTable);
    if (!(await hasRule(run, family, options)))
      problems.push(`IPv${family}: no routing rule for mark ${options.tproxyMark}`);
    const { stdout } = await run('ip', [`-${family}`, 'route', 'show', 'table', table]);
    if (!/^local default dev lo/m.test(stdout))
      problems.push(`IPv${family}: routing table ${table} has no local route`);
  }
  return problems;
}

async function hasRule(run: RunCommand, family: Family, options: InterceptionOptions): Promise<boolean> {
  const { stdout } = await run('ip', [`-${family}`, 'rule', 'show']);
  const mark = `0x${options.tproxyMark.toString(16)}`;
  return stdout.split('\n').some((line) => line.includes(`fwmark ${mark} lookup ${options.tproxyRouteTable}`));
}

function exists({ stderr }: CommandResult): boolean {
  return /file exists|already assigned/i.test(stderr);
}
