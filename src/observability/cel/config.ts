// Owns the way from envoy.config.core.v3.CelExpressionConfig to the functions that an expression has.
import type { CelExpressionConfig } from '../../generated/envoy/config/core/v3/cel_pb.d.ts';
import { type CelFunctions, standardFunctions } from './functions.ts';

export type CelFunctionsMessage = CelExpressionConfig;

export function readCelFunctions(message: CelFunctionsMessage | undefined): CelFunctions {
  if (message === undefined) return standardFunctions;
  return {
    stringConversion: message.enableStringConversion,
    stringConcat: message.enableStringConcat,
    stringFunctions: message.enableStringFunctions,
  };
}
