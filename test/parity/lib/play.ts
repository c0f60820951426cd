// Plays recorded suites against Remora and compares with what the real Envoy did. The suites are dealt out to several test
// files, so that they run beside each other and none of them runs for long.
import t from 'tap';
import { explain } from './explain.ts';
import { inParallel } from './pool.ts';
import { readRecording } from './recording.ts';
import { SuiteRun } from './run.ts';
import { loadSuites, type Scenario, type Suite } from './scenario.ts';

/** Test files that share the suites: `parity.test.ts` and its numbered fellows. */
const HANDS = 4;

/** PARITY_ONLY="suite suite/scenario" narrows a run while working on one thing; then the first hand plays them all. */
const only = (process.env['PARITY_ONLY'] ?? '').split(' ').filter((name) => name !== '');

interface Outcome {
  scenario: Scenario;
  /** Null when it was as recorded, save for the listed differences. */
  failure: string | null;
}

async function play(suite: Suite): Promise<Outcome[]> {
  let run: SuiteRun;
  try {
    run = await SuiteRun.start(suite, 'remora');
  } catch (error) {
    const why = `${suite.folder}/envoy.yaml: ${error instanceof Error ? error.message : String(error)}`;
    return suite.scenarios.map((scenario, index) => ({
      scenario,
      failure: index === 0 ? why : 'not played: see the first of this suite',
    }));
  }
  const outcomes: Outcome[] = [];
  try {
    for (const scenario of suite.scenarios) outcomes.push({ scenario, failure: await playOne(run, suite, scenario) });
  } finally {
    await run.stop();
  }
  return outcomes;
}

async function playOne(run: SuiteRun, suite: Suite, scenario: Scenario): Promise<string | null> {
  const recording = readRecording(scenario);
  if (recording === null) return `${scenario.folder} has no recorded.json: npm run parity:record ${scenario.id}`;
  if (run.proxy.exited !== null) return `the proxy has ended before (${run.proxy.exited}):\n${run.proxy.output}`;
  try {
    const { observation, verdict } = await run.playIsolated(suite, scenario, recording.observation);
    if (verdict === null || (verdict.unexpected.length === 0 && verdict.unused.length === 0)) return null;
    return explain(scenario, recording.observation, observation, verdict);
  } catch (error) {
    return `${scenario.folder}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${run.proxy.output}`;
  }
}

/** Plays every `HANDS`th suite, beginning with `hand` (from 0). */
export async function playHand(hand: number): Promise<void> {
  t.setTimeout(600_000);
  const all = loadSuites(only);
  const dealt = only.length > 0 ? (hand === 0 ? all : []) : all.filter((_, index) => index % HANDS === hand);
  if (dealt.length === 0) t.pass('nothing to play here');
  await inParallel(dealt, 3, async (suite) => {
    const outcomes = await play(suite);
    await t.test(suite.name, async (st) => {
      for (const { scenario, failure } of outcomes) {
        const name = `${scenario.id}: ${scenario.title}`;
        if (failure === null) st.pass(name);
        else st.fail(name, { stack: '', report: failure.split('\n') });
      }
    });
  });
}
