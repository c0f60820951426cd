// Owns the table of all operators. A new one is a row in the file of its kind, or a new file here.
import type { OperatorTable } from '../operator.ts';
import { attemptOperators } from './attempt.ts';
import { celOperators } from './cel.ts';
import { certificateOperators } from './certificates.ts';
import { connectionOperators } from './connection.ts';
import { headerOperators } from './headers.ts';
import { metadataOperators } from './metadata.ts';
import { nameOperators } from './names.ts';
import { responseOperators } from './response.ts';
import { sizeOperators } from './sizes.ts';
import { stateOperators } from './state.ts';
import { timingOperators } from './timing.ts';

export const operators: OperatorTable = {
  ...headerOperators,
  ...responseOperators,
  ...timingOperators,
  ...sizeOperators,
  ...connectionOperators,
  ...nameOperators,
  ...metadataOperators,
  ...attemptOperators,
  ...certificateOperators,
  ...stateOperators,
  ...celOperators,
};

/** Operators of Envoy 1.40 that would print something else than Envoy does, with the reason. */
export const refusedOperators: ReadonlyMap<string, string> = new Map([
  ['DOWNSTREAM_CX_RTT', "Node does not tell a connection's round-trip time"],
]);
