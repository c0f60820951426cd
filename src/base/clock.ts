// Owns time: the only place that reads the machine's clocks. Tests inject a `FakeClock` (test/support).

/** Source of time. Both readings come from one moment when taken in one turn of the event loop. */
export interface Clock {
  /** Milliseconds since an arbitrary start, with fractions, never going back. */
  monotonic(): number;
  /** Milliseconds since the Unix epoch, with fractions. */
  wall(): number;
}

const offset = performance.timeOrigin;

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  // Follows steps of the wall clock (NTP): timeOrigin alone would drift from it for the life of the process.
  wall: () => {
    const derived = offset + performance.now();
    const now = Date.now();
    return Math.abs(derived - now) < 1.5 ? derived : now;
  },
};
