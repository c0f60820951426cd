// The quick parse must agree with commander on everything it accepts: two parsers, one meaning.
import fc from 'fast-check';
import t from 'tap';
import { runEnvoy } from '../../../src/cli/commands.ts';
import { FLAGS, type RawFlags } from '../../../src/cli/flags.ts';
import { quickParse } from '../../../src/cli/quick-parse.ts';

t.test('plainly right, or left to commander', (t) => {
  const unclear = [
    ['--bogus'],
    ['x'],
    ['-c'],
    ['-c', 'a', '-c', 'b'],
    ['--watch', '--watch'],
    ['--watch=yes'],
    ['--log-levl', 'debug'],
    ['-x'],
  ];
  for (const args of unclear) t.equal(quickParse(args).kind, 'unclear', args.join(' '));
  t.equal(quickParse(['--version', '--bogus']).kind, 'version', 'what follows is not looked at, as in Envoy');
  t.equal(quickParse(['--bogus', '--version']).kind, 'unclear');
  t.equal(quickParse(['-h']).kind, 'help');
  t.equal(quickParse(['--hot-restart-version']).kind, 'hot-restart-version');
  t.same(quickParse(['--config-path=a', '-l', 'info']), {
    kind: 'flags',
    flags: new Map([
      ['config-path', 'a'],
      ['log-level', 'info'],
    ]),
  });
  t.end();
});

const SWITCHES = FLAGS.filter(
  ({ kind, name }) => kind === 'switch' && !/^(help|version|hot-restart-version)$/.test(name),
);
const VALUED = FLAGS.filter(({ kind }) => kind !== 'switch');

t.test('commander understands the same', async (t) => {
  const text = fc.oneof(fc.string(), fc.constantFrom('--mode', '-c', 'a=b', '', '-', '--x'));
  const valued = fc
    .tuple(fc.constantFrom(...VALUED), text, fc.constantFrom('long', 'equals', 'short'))
    .map(([flag, value, form]) => {
      if (form === 'equals') return [`--${flag.name}=${value}`];
      return [form === 'short' && flag.short !== undefined ? `-${flag.short}` : `--${flag.name}`, value];
    });
  const switches = fc.constantFrom(...SWITCHES).map((flag) => [`--${flag.name}`]);
  const odd = fc.constantFrom(['--bogus'], ['positional'], ['--', '--bogus'], ['-c']);
  const commandLine = fc
    .array(
      fc.oneof({ weight: 6, arbitrary: valued }, { weight: 4, arbitrary: switches }, { weight: 1, arbitrary: odd }),
      {
        maxLength: 8,
      },
    )
    .map((parts) => parts.flat());
  const seed = Number(process.env['SEED'] ?? 20261123);
  t.comment(`seed ${seed}`);
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(commandLine, async (args) => {
      const quick = quickParse(args);
      const full = await commander(args);
      if (quick.kind === 'flags') {
        accepted++;
        t.strictSame(sorted(full ?? new Map([['refused', true]])), sorted(quick.flags), JSON.stringify(args));
      } else if (quick.kind === 'unclear') {
        t.equal(full, undefined, `commander must refuse: ${JSON.stringify(args)}`);
      }
    }),
    { seed, numRuns: 300 },
  );
  t.ok(accepted > 50, `${accepted} command lines were right`);
});

/** What commander makes of it; undefined when it refuses. Its words go nowhere. */
async function commander(args: string[]): Promise<RawFlags | undefined> {
  let flags: RawFlags | undefined;
  const write = process.stderr.write;
  process.stderr.write = () => true;
  try {
    await runEnvoy(args, async (given) => {
      flags = given;
      return 0;
    });
  } finally {
    process.stderr.write = write;
  }
  return flags;
}

function sorted(flags: RawFlags): [string, unknown][] {
  return [...flags].sort(([a], [b]) => (a < b ? -1 : 1));
}
