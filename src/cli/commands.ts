// Owns help, suggestions and errors of the command line, on commander. Imported only when they are needed, or for
// commands that end at once: a proxy that starts never loads it (quick-parse.ts says why).
import { Command, CommanderError, Option } from 'commander';
import { FLAGS, type Flag, type RawFlags } from './flags.ts';

export interface Actions {
  run(flags: RawFlags): Promise<number>;
  validate(files: readonly string[], output: 'text' | 'json'): Promise<number>;
  version(): Promise<number>;
  extensions(): Promise<number>;
}

/** Text goes to standard output and error as usual; returns the exit code. */
export async function runRemora(args: readonly string[], actions: Actions): Promise<number> {
  let code = 0;
  const program = command('remora', "A service-mesh data plane that takes Envoy's v3 configuration");
  const run = program.command('run').description('run the proxy').usage('-c FILE [flags]').allowExcessArguments(false);
  addFlags(run);
  run.action(async () => {
    code = await actions.run(collect(run));
  });
  program
    .command('validate')
    .description('check configuration files; every error with its place; exit code 1 if there is any')
    .argument('<file...>', 'bootstrap configurations, YAML or JSON; - for YAML from standard input')
    .addOption(new Option('-o, --output <format>', 'form of the report').choices(['text', 'json']).default('text'))
    .action(async (files: string[], options: { output: 'text' | 'json' }) => {
      code = await actions.validate(files, options.output);
    });
  program
    .command('version')
    .description('print the versions of Remora, the API and the runtime')
    .action(async () => {
      code = await actions.version();
    });
  program
    .command('extensions')
    .description('list the extensions that are built in, with their status')
    .action(async () => {
      code = await actions.extensions();
    });
  // Only for the list: cli/remora.ts takes it before it comes here.
  program.command('iptables').description("send a pod's connections through the proxy: apply, clean, print, check");
  program.option('-V, --version', 'the same as the command').on('option:version', () => {});
  if (args[0] === '-V' || args[0] === '--version') return actions.version();
  return guard(program, args, () => code);
}

/** The flags alone, as `envoy` takes them. */
export async function runEnvoy(args: readonly string[], run: Actions['run']): Promise<number> {
  let code = 0;
  const program = command('envoy', "Remora with Envoy's command line").usage('-c FILE [flags]');
  addFlags(program);
  program.helpOption('-h, --help', 'print this help and exit').allowExcessArguments(false);
  program.action(async () => {
    code = await run(collect(program));
  });
  const end = args.indexOf('--');
  return guard(program, end < 0 ? args : args.slice(0, end), () => code);
}

function command(name: string, description: string): Command {
  return new Command(name).description(description).exitOverride().showSuggestionAfterError();
}

async function guard(program: Command, args: readonly string[], code: () => number): Promise<number> {
  try {
    await program.parseAsync(args, { from: 'user' });
    return code();
  } catch (error) {
    // Commander has printed what it had to say; Envoy's exit code for any wrong command line is 1.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    throw error;
  }
}

function addFlags(target: Command): void {
  for (const flag of FLAGS) {
    if (flag.name !== 'help') target.addOption(option(target, flag));
  }
}

function option(target: Command, flag: Flag): Option {
  const long = `--${flag.name}${flag.kind === 'switch' ? '' : ` <${flag.value}>`}`;
  const made = new Option(flag.short === undefined ? long : `-${flag.short}, ${long}`, describe(flag));
  if (flag.kind === 'list') {
    return made.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  }
  // Twice the same flag is an error, as in Envoy: one of the two would be ignored in silence.
  let seen = false;
  target.on(`option:${flag.name}`, () => {
    if (seen) target.error(`error: option '${made.flags}' is given twice`);
    seen = true;
  });
  return made;
}

function describe(flag: Flag): string {
  return flag.noEffect === undefined ? flag.help : `${flag.help} (no effect: ${flag.noEffect})`;
}

function collect(from: Command): RawFlags {
  const flags = new Map<string, string | true | readonly string[]>();
  for (const option of from.options) {
    const value: unknown = from.getOptionValue(option.attributeName());
    if (typeof value === 'string' || value === true) flags.set(option.name(), value);
    else if (Array.isArray(value)) flags.set(option.name(), value.map(String));
  }
  return flags;
}
