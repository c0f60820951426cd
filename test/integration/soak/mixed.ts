// Owns soak (d): mixed requests over HTTP/2 on either side or both: bodies to 10 MB, trailers, resets from both ends at random
// points, windows of one octet to a megabyte that change meanwhile, readers that stand still. Every request must get its own
// bytes, nothing may be lost, and the proxy must be left as it was.
import { type Caller, Http1Caller, Http2Caller } from './mixed-caller.ts';
import { type Plan, planOf } from './mixed-plan.ts';
import { MixedUpstream } from './mixed-upstream.ts';
import { type ProxyName, type ProxyUnderSoak, startProxy } from './proxy.ts';
import { seeded } from './seeded.ts';

export interface MixedOptions {
  readonly proxy: ProxyName;
  readonly clientHttp2: boolean;
  readonly upstreamHttp2: boolean;
  readonly requests: number;
  readonly seed: number;
  progress?(done: number): void;
}

export interface MixedReport {
  readonly requests: number;
  readonly answered: number;
  readonly left: number;
  readonly broken: number;
  readonly failures: readonly string[];
  readonly failureCount: number;
  /** Gauges of requests, streams and connections that are not 0 at the end, when they should. */
  readonly gauges: readonly string[];
  /** Anonymous memory of the proxy behind the first tenth, and at the end. */
  readonly before: number;
  readonly after: number;
  readonly seconds: number;
}

const stallMs = 20_000;
const windows = [1, 10, 100, 5000, 65_535, 1 << 20] as const;
/** Of each connection of HTTP/2, or connections of HTTP/1.1. */
const atOnce = 8;
/** Behind all requests, connections to the upstream may stay: they are idle. */
const idleMayStay = /\.(upstream_cx_active|upstream_cx_http[12]_active|membership_\w+)$/;

export async function soakMixed(options: MixedOptions): Promise<MixedReport> {
  const { requests, seed, clientHttp2, upstreamHttp2 } = options;
  const random = seeded(seed);
  const upstream = new MixedUpstream(upstreamHttp2);
  const upstreamPort = await upstream.listen();
  const proxy = await startProxy(options.proxy, { upstreamPort, bufferLimit: 1 << 18, upstreamHttp2 });
  const failures: string[] = [];
  const counts = { answered: 0, left: 0, broken: 0, failed: 0 };
  let next = 0;
  let done = 0;
  let before = 0;
  let lastProgress = performance.now();
  let stopped = false;
  const fail = (why: string): void => {
    counts.failed++;
    if (failures.length < 20 && !stopped) failures.push(why);
  };
  const started = performance.now();

  const work = async (caller: Caller): Promise<void> => {
    while (next < requests && !stopped) {
      const plan = fitting(planOf(next++, random), caller.window, clientHttp2);
      const outcome = await caller.ask(plan);
      if (outcome.kind === 'failed') fail(outcome.why);
      else counts[outcome.kind]++;
      done++;
      lastProgress = performance.now();
      if (done === Math.ceil(requests / 10)) before = proxy.memory().anonymous;
      if (done % 1000 === 0) options.progress?.(done);
    }
  };
  const callers: Caller[] = windows.map((window) =>
    clientHttp2 ? new Http2Caller(proxy.port, window, upstreamHttp2, fail) : new Http1Caller(proxy.port),
  );
  const changing = setInterval(() => {
    for (const caller of callers) if (random() < 0.3) caller.change(Math.ceil(caller.window * (0.2 + random())));
    if (random() < 0.2) upstream.changeWindows(2000 + Math.floor(random() * 100_000));
  }, 50);
  try {
    const all = Promise.all(callers.flatMap((caller) => Array.from({ length: atOnce }, () => work(caller))));
    await Promise.race([all, stalled(() => performance.now() - lastProgress > stallMs || stopped)]);
    if (done < requests) fail(`${requests - done} requests lost: nothing came for ${stallMs / 1000} s`);
    proxy.assertAlive();
    for (const caller of callers) caller.stop();
    const gauges = await leftBehind(proxy);
    stopped = true;
    return {
      requests,
      answered: counts.answered,
      left: counts.left,
      broken: counts.broken,
      failures,
      failureCount: counts.failed,
      gauges,
      before,
      after: await settledMemory(proxy, before),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    stopped = true;
    clearInterval(changing);
    await proxy.stop();
    upstream.stop();
  }
}

/** A window of few octets makes a frame of each few octets: such streams get short answers. */
function fitting(plan: Plan, window: number, clientHttp2: boolean): Plan {
  const down = Math.min(plan.down, window * 200);
  const within = (place: number | null): number | null => (place === null ? null : Math.min(place, down - 1));
  // Behind an early answer HTTP/1.1 has to close, and what the client still writes is lost with it.
  const early = plan.early && clientHttp2;
  return { ...plan, down, early, breakAt: within(plan.breakAt), leaveAt: within(plan.leaveAt) };
}

async function stalled(over: () => boolean): Promise<void> {
  while (!over()) await new Promise((resolve) => setTimeout(resolve, 500).unref());
}

/** What the proxy still holds a while after the last client has left. */
async function leftBehind(proxy: ProxyUnderSoak): Promise<string[]> {
  let lines: string[] = [];
  for (let i = 0; i < 50; i++) {
    const stats = await proxy.stats();
    lines = Object.entries(stats)
      .filter(([name]) => /_active$|_pending|_buffered$|streams_active/.test(name))
      .filter(([name]) => /^(http\.soak|cluster\.app)\./.test(name) && !idleMayStay.test(name))
      .filter(([name]) => !/_total$|_overflow$|pending_failure_eject|_paused|rq_pending_(total|overflow)/.test(name))
      .map(([name, value]) => `${name}: ${value}`);
    if (lines.length === 0) return lines;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return lines;
}

/** Collected garbage comes back to the kernel late. */
async function settledMemory(proxy: ProxyUnderSoak, before: number): Promise<number> {
  let least = proxy.memory().anonymous;
  for (let i = 0; i < 20 && least > before; i++) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    least = Math.min(least, proxy.memory().anonymous);
  }
  return least;
}
