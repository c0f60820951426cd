// `npm run parity:record [suite | suite/scenario]...`: runs scenarios against the real Envoy and writes what it did into their
// recorded.json. Each scenario is played twice; when the two runs differ it is not recorded, since no test could hold it.
import { judge } from './lib/compare.ts';
import { inParallel } from './lib/pool.ts';
import { executable, oracleVersion } from './lib/proxy-process.ts';
import { writeRecording } from './lib/recording.ts';
import { SuiteRun } from './lib/run.ts';
import { loadSuites } from './lib/scenario.ts';

const version = oracleVersion(executable('envoy'));
let failed = 0;

await inParallel(loadSuites(process.argv.slice(2)), 3, async (suite) => {
  const run = await SuiteRun.start(suite, 'envoy').catch((error: unknown) => {
    console.log(`${suite.name}: ${error instanceof Error ? error.message : String(error)}`);
    failed++;
    return null;
  });
  if (run === null) return;
  try {
    for (const scenario of suite.scenarios) {
      const first = (await run.playIsolated(suite, scenario, null)).observation;
      const second = (await run.playIsolated(suite, { ...scenario, differences: [] }, first)).observation;
      const { unexpected } = judge(first, second, []);
      if (unexpected.length > 0) {
        failed++;
        console.log(`${scenario.id}: not stable, not recorded: ${JSON.stringify(unexpected, null, 2)}`);
        continue;
      }
      const changed = writeRecording(scenario, { envoy: version, observation: first });
      console.log(`${scenario.id}: ${changed ? 'recorded' : 'unchanged'}`);
    }
    if (run.proxy.exited !== null)
      throw new Error(`${suite.name}: Envoy ended: ${run.proxy.exited}\n${run.proxy.output}`);
  } finally {
    await run.stop();
  }
});

if (failed > 0) {
  console.log(`${failed} failed`);
  process.exitCode = 1;
}
