// Owns whose turn it is among the answers of the admin that take time (a scrape takes milliseconds): one piece of one
// answer in each turn of the event loop. Requests of the proxy, and /ready, go in between, however many scrapers there are:
// 15,000 scrapes at once held each turn for 1.5 s before.

const waiting: (() => void)[] = [];
let scheduled = false;

/** Resolves when the caller may do its next piece. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (scheduled) return;
    scheduled = true;
    setImmediate(giveTurn);
  });
}

function giveTurn(): void {
  waiting.shift()?.();
  if (waiting.length === 0) scheduled = false;
  else setImmediate(giveTurn);
}
