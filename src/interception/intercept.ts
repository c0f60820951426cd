// Owns the order of the steps: apply, clean, print and check, each for both families.
import { buildRules } from './build-rules.ts';
import { commandRunner, InterceptionError, type RunCommand } from './commands.ts';
import { chooseFirewall, type Firewall } from './firewall.ts';
import { commandLines, restoreText } from './iptables-text.ts';
import { nftText } from './nft-text.ts';
import type { InterceptionOptions } from './options.ts';
import type { RunOptions } from './parse-options.ts';
import { configureRoutes, missingRoutes, removeRoutes, routeSteps } from './routes.ts';
import type { TableRules } from './rule-set.ts';

const NOTHING: TableRules = new Map();

export function systemCommands(run: RunOptions): RunCommand {
  return commandRunner({ networkNamespace: run.networkNamespace, ownLock: run.cniMode });
}

/** Text that would be written; nothing of this host is touched. */
export function print(options: InterceptionOptions, run: RunOptions): string {
  const { v4, v6 } = buildRules(options);
  let text = '';
  const steps = routeSteps(options);
  for (const [family, rules] of [
    [4, v4],
    [6, v6],
  ] as const) {
    if (rules.size === 0) continue;
    const program = `ip${family === 6 ? '6' : ''}tables`;
    if (run.native) text += `# nft -f -\n${nftText(family, rules)}`;
    else if (!run.restoreFormat) text += commandLines(program, rules);
    else text += `# ${program}-restore --noflush\n${restoreText(rules, new Map())}`;
  }
  for (const { args } of steps) text += `${run.native || run.restoreFormat ? '# ' : ''}ip ${args.join(' ')}\n`;
  return text;
}

/** Brings the rules to what is asked for; gives the name of what wrote them. */
export async function apply(options: InterceptionOptions, run: RunOptions): Promise<string> {
  const command = systemCommands(run);
  const firewall = await chooseFirewall(command, run);
  const { v4, v6 } = buildRules(options);
  if (options.ipv6 && !(await firewall.supports(6))) {
    throw new InterceptionError(`this host has IPv6 addresses, but ${firewall.name} cannot filter IPv6 here`);
  }
  // Routes first: a packet that is marked before its route is there would be lost.
  await configureRoutes(command, options);
  await firewall.apply(4, v4);
  if (options.ipv6 || (await firewall.supports(6))) await firewall.apply(6, v6);
  return firewall.name;
}

export async function clean(options: InterceptionOptions, run: RunOptions): Promise<string> {
  const command = systemCommands(run);
  const firewall = await chooseFirewall(command, run);
  await firewall.apply(4, NOTHING);
  if (await firewall.supports(6)) await firewall.apply(6, NOTHING);
  await removeRoutes(command, options);
  return firewall.name;
}

/** What is not as asked for, a line each; nothing when the rules are in force. */
export async function check(options: InterceptionOptions, run: RunOptions): Promise<string[]> {
  const command = systemCommands(run);
  const firewall: Firewall = await chooseFirewall(command, run);
  const { v4, v6 } = buildRules(options);
  return [
    ...(await firewall.missing(4, v4)),
    ...(v6.size > 0 ? await firewall.missing(6, v6) : []),
    ...(await missingRoutes(command, options)),
  ];
}
