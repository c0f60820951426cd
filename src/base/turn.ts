// Owns the end of a turn of the event loop: work that many events of one turn leave for its check phase, done once.
// setImmediate, not nextTick: a turn handles many sockets, and each then pays for one write (DESIGN 3.1).

export interface TurnEnd {
  onTurnEnd(): void;
}

/** Filled up to `count`; slots behind it are left-overs of earlier turns. Two, since work may leave more work. */
let current: (TurnEnd | null)[] = [];
let other: (TurnEnd | null)[] = [];
let count = 0;

/** Calls `target.onTurnEnd` once in this turn's check phase, in the order of the calls. */
export function atTurnEnd(target: TurnEnd): void {
  if (count === 0) setImmediate(endTurn);
  current[count++] = target;
}

function endTurn(): void {
  const batch = current;
  const size = count;
  current = other;
  other = batch;
  count = 0;
  for (let i = 0; i < size; i++) {
    const target = batch[i] as TurnEnd;
    batch[i] = null;
    target.onTurnEnd();
  }
}
