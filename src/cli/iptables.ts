// Owns `remora iptables` and `remora-iptables`: what is said, and the exit code. The work is interception's.
import { commandRunner, InterceptionError } from '../interception/commands.ts';
import { interceptionHelp } from '../interception/help.ts';
import { hostFacts, namespaceFacts } from '../interception/host-facts.ts';
import { apply, check, clean, print } from '../interception/intercept.ts';
import { parseFlags } from '../interception/parse-flags.ts';
import {
  InterceptionOptionsError,
  networkNamespace,
  type ParsedOptions,
  parseInterceptionOptions,
} from '../interception/parse-options.ts';
import { probe, probePlan } from '../interception/probe.ts';

/** Istio's CNI plugin knows by it that the pod has to be made anew. */
const NOT_IN_FORCE = 126;

const ACTIONS = ['apply', 'clean', 'print', 'check'] as const;
type Action = (typeof ACTIONS)[number];

const USAGE = `Usage: remora iptables apply|clean|print|check [flags]
       remora-iptables [flags]

Writes the rules that send a pod's connections through the proxy beside it, as istio-iptables does.
  apply   write them in one transaction (what remora-iptables does without --clean)
  clean   remove them
  print   show them, as --dry-run
  check   say whether they stand; exit code ${NOT_IN_FORCE} if not`;

/** `remora iptables ACTION ...`. */
export async function runIptables(args: readonly string[]): Promise<number> {
  const [action, ...flags] = args;
  const found = ACTIONS.find((each) => each === action);
  if (found !== undefined) return guarded(() => act(flags, found));
  if (action === undefined || action === '-h' || action === '--help' || action === 'help') {
    process.stdout.write(interceptionHelp(USAGE));
    return action === undefined ? 1 : 0;
  }
  process.stderr.write(`error: '${action}' is not one of ${ACTIONS.join(', ')}\n`);
  return 1;
}

/** `remora-iptables`: the flags say what is done. An init container may still name Istio's command first. */
export async function runInitContainer(args: readonly string[]): Promise<number> {
  return guarded(() => act(args[0] === 'istio-iptables' ? args.slice(1) : args, undefined));
}

async function act(args: readonly string[], wanted: Action | undefined): Promise<number> {
  const given = parseFlags(args);
  if (given.has('help')) {
    process.stdout.write(interceptionHelp(USAGE));
    return 0;
  }
  const namespace = networkNamespace(given, process.env);
  const host =
    namespace === ''
      ? hostFacts()
      : await namespaceFacts(commandRunner({ networkNamespace: namespace, ownLock: false }));
  const parsed = parseInterceptionOptions(given, process.env, host);
  for (const note of parsed.notes) say(`note: ${note}`);
  // --dry-run is stronger than any action: nothing may be touched.
  const action = parsed.run.action === 'print' ? 'print' : (wanted ?? parsed.run.action);
  if (action === 'print') {
    process.stdout.write(print(parsed.rules, parsed.run));
    return 0;
  }
  if (action === 'check') return checkRules(parsed);
  if (!parsed.run.skipApply) await change(action, parsed);
  if (!parsed.run.validate || action === 'clean') return 0;
  return checkConnection(parsed, host.address);
}

async function change(action: 'apply' | 'clean', { rules, run }: ParsedOptions): Promise<void> {
  if (action === 'clean') {
    say(`removed the interception rules with ${await clean(rules, run)}`);
    return;
  }
  const program = await apply(rules, run);
  const families = rules.ipv6 ? 'IPv4 and IPv6' : 'IPv4';
  say(
    `wrote the interception rules for ${families} with ${program}: outbound to ${rules.proxyPort}, ` +
      `inbound to ${rules.inboundCapturePort} (${rules.mode}), not for user ${rules.proxyUids.join(', ')} and group ${rules.proxyGids.join(', ')}`,
  );
}

async function checkRules({ rules, run }: ParsedOptions): Promise<number> {
  const problems = await check(rules, run);
  for (const problem of problems) say(problem);
  say(problems.length === 0 ? 'the interception rules are in force' : 'the interception rules are not in force');
  return problems.length === 0 ? 0 : NOT_IN_FORCE;
}

async function checkConnection({ rules, run }: ParsedOptions, address: string): Promise<number> {
  const plan = probePlan(
    rules,
    { port: run.probePort, timeoutMs: run.probeTimeoutMs, address },
    process.getuid?.() ?? 0,
  );
  if (plan === null) {
    say('note: nothing is captured that a check could connect to');
    return 0;
  }
  try {
    await probe(plan, run.probeTimeoutMs);
  } catch (error) {
    if (!(error instanceof InterceptionError)) throw error;
    say(`error: the interception rules are not in force: ${error.message}`);
    say(
      'Where a CNI plugin writes them, this pod came before the plugin was ready: delete the pod, it will be made anew.',
    );
    return NOT_IN_FORCE;
  }
  say(`checked: a connection to ${plan.host} comes to port ${plan.listenPort}`);
  return 0;
}

async function guarded(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InterceptionOptionsError) {
      for (const problem of error.problems) say(`error: ${problem}`);
      return 1;
    }
    if (!(error instanceof InterceptionError)) throw error;
    say(`error: ${error.message}`);
    return 1;
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
