// Owns the end of a turn: work that events leave for later, done once for all of them (one write for each socket, one
// reading of the clock). While several sockets speak in one turn of the event loop, that is the loop's check phase:
// setImmediate, not nextTick, so that each socket pays for one write (DESIGN 3.1). While each event comes alone, as at low
// rates, nothing can be gathered, and the end of the event is the end of the turn: at 1,000 requests/s two immediates a
// request cost 4 % of its CPU, while at 32 connections doing without costs 10 %.

export interface TurnEnd {
  onTurnEnd(): void;
}

/** So many more turns with one event than with several, of late, and events are taken to come alone. */
const LONE_TURNS = 8;
/** Every so many lone events one takes the long way, to see whether they still come alone. */
const PROBE_EVERY = 32;

/** Filled up to `count`; slots behind it are left-overs of earlier turns. Two, since work may leave more work. */
let current: (TurnEnd | null)[] = [];
let other: (TurnEnd | null)[] = [];
let count = 0;
/** Events since the last check phase that ended a turn. */
let events = 0;
let loneTurns = 0;
let loneEvents = 0;
/** Inside of a lone event. */
let endsWithEvent = false;

/** Calls `target.onTurnEnd` once at the end of this turn, in the order of the calls. */
export function atTurnEnd(target: TurnEnd): void {
  if (count === 0 && !endsWithEvent) setImmediate(endGatheringTurn);
  current[count++] = target;
}

/** To be called as a socket delivers bytes. True: the caller calls `endLoneEvent` when it is done with them. */
export function beginEvent(): boolean {
  events++;
  // What other events of this turn have left waits for the check phase, and so does this.
  if (count !== 0 || loneTurns < LONE_TURNS || ++loneEvents % PROBE_EVERY === 0) return false;
  endsWithEvent = true;
  return true;
}

export function endLoneEvent(): void {
  // Some work leaves more work: it ends with the event as well, but no longer than it ends by itself.
  for (let rounds = 0; count !== 0 && rounds < 4; rounds++) runWork();
  endsWithEvent = false;
  events = 0;
  if (count !== 0) setImmediate(endGatheringTurn);
}

function endGatheringTurn(): void {
  if (events > 1) loneTurns = Math.max(0, loneTurns - 1);
  else if (loneTurns < 2 * LONE_TURNS) loneTurns++;
  events = 0;
  runWork();
}

function runWork(): void {
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
