// The executable `envoy`: Envoy's own command line, so that whatever starts Envoy can start this.
import { quickParse } from './quick-parse.ts';
import { run } from './run.ts';
import { answer, start, toleratePipes } from './start.ts';

await start(async () => {
  const args = process.argv.slice(2);
  const result = quickParse(args);
  if (result.kind === 'flags') return run('envoy', result.flags);
  const answered = answer(result);
  if (answered !== undefined) return answered;
  toleratePipes();
  const { runEnvoy } = await import('./commands.ts');
  return runEnvoy(args, (flags) => run('envoy', flags));
});
