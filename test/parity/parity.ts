// `npm run parity [suite | suite/scenario]...`: plays scenarios against the real Envoy and against Remora, side by side, and prints
// where they differ. `--verbose` prints the whole of each difference. Says as well where a recording no longer holds for Envoy.
import { judge } from './lib/compare.ts';
import { explain } from './lib/explain.ts';
import { inParallel } from './lib/pool.ts';
import { readRecording } from './lib/recording.ts';
import { SuiteRun } from './lib/run.ts';
import { loadSuites, type Suite } from './lib/scenario.ts';

const verbose = process.argv.includes('--verbose');
const filters = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const count = { same: 0, meant: 0, different: 0 };

async function sideBySide(suite: Suite): Promise<void> {
  const envoy = await SuiteRun.start(suite, 'envoy');
  const remora = await SuiteRun.start(suite, 'remora').catch((error: unknown) => {
    console.log(`DIFFERS  ${suite.name}: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  });
  try {
    for (const scenario of suite.scenarios) {
      if (remora === null) {
        count.different++;
        continue;
      }
      const recorded = readRecording(scenario);
      const theirs = (await envoy.playIsolated(suite, { ...scenario, differences: [] }, recorded?.observation ?? null))
        .observation;
      if (recorded && judge(recorded.observation, theirs, []).unexpected.length > 0) {
        console.log(
          `STALE    ${scenario.id}: Envoy no longer does what is recorded: npm run parity:record ${scenario.id}`,
        );
      }
      const { observation: ours, verdict } = await remora.playIsolated(suite, scenario, theirs);
      if (verdict === null) continue;
      if (verdict.unexpected.length === 0 && verdict.unused.length === 0) {
        count[scenario.differences.length === 0 ? 'same' : 'meant']++;
        console.log(`${scenario.differences.length === 0 ? 'same    ' : 'meant   '} ${scenario.id}`);
        continue;
      }
      count.different++;
      console.log(`DIFFERS  ${scenario.id}${verbose ? '' : `: ${verdict.unexpected.map((d) => d.field).join(', ')}`}`);
      if (verbose) console.log(explain(scenario, theirs, ours, verdict));
    }
  } finally {
    await envoy.stop();
    await remora?.stop();
  }
}

await inParallel(loadSuites(filters), 2, sideBySide);
console.log(`${count.same} same, ${count.meant} with meant differences, ${count.different} different`);
process.exitCode = count.different > 0 ? 1 : 0;
