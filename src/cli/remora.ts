// The executable `remora`: subcommands for people. `remora run` takes the quick road that `envoy` takes.
import { quickParse } from './quick-parse.ts';
import { run } from './run.ts';
import { answer, start, toleratePipes } from './start.ts';

await start(async () => {
  const args = process.argv.slice(2);
  if (args[0] === 'run') {
    const result = quickParse(args.slice(1));
    if (result.kind === 'flags') return run('remora', result.flags);
    const answered = answer(result);
    if (answered !== undefined) return answered;
  }
  toleratePipes();
  // Its flags are istio-iptables' own, which commander would not read the same way.
  if (args[0] === 'iptables') return (await import('./iptables.ts')).runIptables(args.slice(1));
  const { runRemora } = await import('./commands.ts');
  return runRemora(args, {
    run: (flags) => run('remora', flags),
    validate: async (files, output) => {
      const [{ validate }, { checkConfiguration }, { extensions }, { serverOptions }] = await Promise.all([
        import('./validate.ts'),
        import('../server/check.ts'),
        import('../extensions/manifest.ts'),
        import('./server-options.ts'),
      ]);
      return validate(files, output, (file, sources) => {
        const options = serverOptions('remora', new Map([['config-path', file]]), process.env);
        return checkConfiguration(sources, options, extensions);
      });
    },
    version: async () => (await import('./print-version.ts')).printVersion(),
    extensions: async () => {
      const [{ printExtensions }, { extensions }] = await Promise.all([
        import('./print-extensions.ts'),
        import('../extensions/manifest.ts'),
      ]);
      return printExtensions(extensions);
    },
  });
});
