// What a connection manager needs of the process.
import type { Clock } from '../../base/clock.ts';
import type { TimeoutPool } from '../../base/lazy-timeout.ts';
import type { Random } from '../../base/random.ts';
import type { Timers } from '../../base/timers.ts';
import type { DateProvider } from './date.ts';

export interface ConnectionManagerServices {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly timeouts: TimeoutPool;
  readonly random: Random;
  readonly dates: DateProvider;
}

/** Whether connections should end after the response in progress: the listener or the server drains. */
export interface DrainDecision {
  drainClose(): boolean;
}
