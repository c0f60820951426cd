/**
 * `npm run bench`: Remora beside Envoy, nginx and HAProxy on the same jobs. See docs/benchmarks.md.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { boundJobs, budgetReport, hasBound } from './budget.ts';
import { inFlight, type Job } from './job.ts';
import { jobs } from './jobs/index.ts';
import { runJob, type Settings } from './measure.ts';
import { findProxies, profileFile } from './proxies/index.ts';
import { buildBundle } from './proxies/remora.ts';
import { writeChart } from './report/chart.ts';
import { writeDocument } from './report/document.ts';
import { profileSummary, type TimeSpan } from './report/profile.ts';
import { terminalTable } from './report/table.ts';
import { type JobOutcome, save } from './results.ts';

const list = (text: string): string[] => text.split(',').map((word) => word.trim());
const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number above zero');
  return value;
};
const numbers = (text: string): number[] => list(text).map(positive);

interface Options {
  job?: string[];
  proxy?: string[];
  connections?: number[];
  duration: number;
  runs: number;
  driver?: 'wrk' | 'autocannon';
  upstream?: 'nginx' | 'node';
  warmup: number;
  envoy: boolean;
  against?: string;
  source?: boolean;
  json?: boolean;
  profile?: boolean;
  budget?: boolean;
  docs?: boolean;
}

const program = new Command('bench')
  .description('Measures what a request costs in Remora, and in Envoy, nginx and HAProxy where they are found.')
  .option('--job <names>', `only these jobs, of ${jobs.map(({ name }) => name).join(', ')}`, list)
  .option('--proxy <names>', 'only these proxies, of envoy, remora, nginx, haproxy, nghttpx', list)
  .option('--connections <numbers>', 'only the cases with these numbers of connections, or calls in flight', numbers)
  .option('--duration <seconds>', 'measured seconds of each run', positive, 3)
  .option('--runs <count>', 'runs of each proxy in each case; the best counts', positive, 3)
  .option('--warmup <seconds>', 'load before the first measured run of a case', positive, 2)
  .addOption(new Option('--driver <name>', 'load tool; the cheapest that is installed').choices(['wrk', 'autocannon']))
  .addOption(new Option('--upstream <name>', 'upstream; the cheapest that is installed').choices(['nginx', 'node']))
  .option('--no-envoy', 'leave Envoy out')
  .option('--against <folder>', 'measure the Remora of another checkout as well, as remora-before')
  .option('--source', 'run Remora from its sources, not from the bundle that ships')
  .option('--json', 'print the results as JSON, progress on standard error')
  .option('--profile', 'leave a CPU profile of Remora in bench/results instead of figures')
  .option('--budget', 'run what the bounds need, check each, exit 1 when one fails')
  .option('--docs', 'only write docs/benchmarks.md and its chart from the last results')
  .parse();
const options = program.opts<Options>();

function chooseJobs(): Job[] {
  const names = options.job ?? (options.budget === true ? boundJobs() : undefined);
  if (names === undefined) return [...jobs];
  return names.map((name) => {
    const job = jobs.find((each) => each.name === name);
    if (job === undefined)
      return program.error(`no job '${name}'; there are ${jobs.map((each) => each.name).join(', ')}`);
    return job;
  });
}

/** Of each job, the time of its last measured run. */
const lastSpans = new Map<string, TimeSpan>();

const settings: Settings = {
  seconds: options.duration,
  runs: options.runs,
  warmup: options.warmup,
  ...(options.driver === undefined ? {} : { driver: options.driver }),
  ...(options.upstream === undefined ? {} : { upstream: options.upstream }),
  wants(job, { name, load }) {
    const { connections } = options;
    if (connections !== undefined) return !('connections' in load) || connections.includes(inFlight(load));
    return options.budget !== true || hasBound(job.name, name);
  },
  measured(job, span) {
    lastSpans.set(job.name, span);
  },
  progress(text) {
    // One line that rewrites itself on a terminal, lines elsewhere.
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  },
};

async function main(): Promise<void> {
  if (options.docs === true) {
    console.log(`wrote ${writeDocument().join(', ')}`);
    return;
  }
  // Documents and charts are made of whole results: a run of some proxies or cases, or a profiled one, only prints.
  const { connections, budget } = options;
  const keep =
    connections === undefined &&
    budget !== true &&
    options.proxy === undefined &&
    options.envoy &&
    options.profile !== true;
  if (options.source !== true && options.profile !== true) buildBundle();
  const outcomes: JobOutcome[] = [];
  for (const job of chooseJobs()) {
    const proxies = findProxies(job, {
      ...(options.proxy === undefined ? {} : { only: options.proxy }),
      ...(options.against === undefined ? {} : { against: options.against }),
      envoy: options.envoy,
      source: options.source === true,
      profile: options.profile === true,
    });
    if (proxies.length === 0) program.error('none of the proxies was found');
    const outcome = await runJob(job, proxies, settings);
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    if (options.json !== true) console.log(terminalTable(outcome));
    outcomes.push(outcome);
    if (Object.keys(outcome.failed).length > 0) process.exitCode = 1;
    if (!keep) continue;
    save(outcome);
    writeChart(outcome);
  }
  if (options.json === true) console.log(JSON.stringify(outcomes, null, 2));
  if (options.profile === true) {
    for (const [job, span] of lastSpans) console.log(`\n${profileSummary(profileFile(job), span)}`);
  }
  if (options.budget === true) {
    const { text, passed } = budgetReport(outcomes);
    console.log(`\n${text}`);
    if (!passed) process.exitCode = 1;
  }
}

await main();
