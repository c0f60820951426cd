// Plays the scenarios against Remora and compares with what the real Envoy did (recorded.json; no Envoy and no Python needed).
import { playHand } from './lib/play.ts';

await playHand(0);
