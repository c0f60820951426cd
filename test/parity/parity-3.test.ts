// More of the scenarios of parity.test.ts.
import { playHand } from './lib/play.ts';

await playHand(2);
