// Owns running suites side by side: each has its own proxy and upstreams, so a few at a time shorten the whole run.

/** Calls `work` for each item, at most `width` at a time, in order of the list. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (;;) {
      const item = items[next++];
      if (item === undefined) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
